/** Keeps one WHIP session alive: carries out the effects of the link's state machine. */

import { asProblem } from "../api";
import type { EncoderSample } from "./copy/strain";
import { type Link, type LinkEvent, next } from "./link";
import { WhipSession } from "./whip";

export interface PublisherOptions {
  url: string;
  token: string;
  iceServers: RTCIceServer[];
  /** Kilobits per second of the picture. */
  maxBitrate: number;
  onLink: (link: Link) => void;
  onEncoder: (sample: EncoderSample) => void;
}

/** Answers that no repeat will change: bad link, interview over, no codec in common. */
const FINAL_STATUSES = [400, 401, 403, 404, 406, 410, 413, 415, 422];

export class Publisher {
  private link: Link = { phase: "off" };
  private stream: MediaStream | null = null;
  private session: WhipSession | null = null;
  private attempt: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly online = () => this.send({ type: "online" });

  private maxBitrate: number;

  constructor(private readonly options: PublisherOptions) {
    this.maxBitrate = options.maxBitrate;
  }

  /** From now on the picture takes at most so many kilobits per second. */
  limit(kbps: number): void {
    if (kbps === this.maxBitrate) return;
    this.maxBitrate = kbps;
    this.session?.limit(kbps);
  }

  /** Publishes `stream`; a different stream than before replaces the connection. */
  start(stream: MediaStream): void {
    if (this.stream !== stream && this.link.phase !== "off") this.stop();
    this.stream = stream;
    window.addEventListener("online", this.online);
    this.send({ type: "start" });
  }

  /** `sound` is what is left of the stream; the connection stays. */
  dropPicture(sound: MediaStream): void {
    this.stream = sound;
    this.session?.dropPicture();
  }

  stop(): void {
    window.removeEventListener("online", this.online);
    this.send({ type: "stop" });
  }

  private send(event: LinkEvent): void {
    const [link, effects] = next(this.link, event);
    const changed = link !== this.link;
    this.link = link;
    for (const effect of effects) {
      if (effect.type === "abandon" || effect.type === "leave") this.end(effect.type);
      else if (effect.type === "wait")
        this.timer = setTimeout(() => this.send({ type: "waited" }), effect.ms);
      else void this.connect();
    }
    if (changed) this.options.onLink(link);
  }

  private end(how: "abandon" | "leave"): void {
    clearTimeout(this.timer);
    this.attempt?.abort();
    this.attempt = null;
    this.session?.[how]();
    this.session = null;
  }

  private async connect(): Promise<void> {
    if (this.stream === null) return;
    const attempt = new AbortController();
    this.attempt = attempt;
    const { url, token, iceServers, onEncoder } = this.options;
    const { maxBitrate } = this;
    const onLost = () => this.send({ type: "lost" });
    try {
      const session = await WhipSession.connect(
        { url, token, iceServers, stream: this.stream, maxBitrate, onLost, onEncoder },
        attempt.signal,
      );
      if (attempt.signal.aborted) return session.leave();
      this.session = session;
      this.send({ type: "connected" });
    } catch (error) {
      if (attempt.signal.aborted) return;
      const problem = asProblem(error);
      const { code, queue } = problem;
      this.send({ type: "failed", code, queue, final: FINAL_STATUSES.includes(problem.status) });
    }
  }
}
