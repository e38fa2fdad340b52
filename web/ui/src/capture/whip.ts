/** One WHIP session (RFC 9725): offer, POST, answer; DELETE when leaving. No trickle: the server is ICE-lite. */

import { Problem, problemOf } from "../api";
import { type EncoderSample, encoderSample } from "./copy/strain";
import { maxBitrate, withAudioNack } from "./sdp";

const GATHERING_MS = 1_000;
const POST_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 6_000;
const STALL_CHECK_MS = 250;
const ENCODER_EVERY_MS = 1_000;
/** The server's transport feedback comes several times a second, so this much silence means it is gone. */
const STALLED_AFTER_MS = 2_000;

export interface WhipOptions {
  url: string;
  token: string;
  iceServers: RTCIceServer[];
  stream: MediaStream;
  /** Kilobits per second of the picture. */
  maxBitrate: number;
  /** Called once, when an established session breaks. */
  onLost: () => void;
  /** Called about once a second with what the video encoder says of itself. */
  onEncoder: (sample: EncoderSample) => void;
}

export class WhipSession {
  private resource: string | null = null;
  private stallTimer: ReturnType<typeof setInterval> | undefined;
  private closed = false;

  private constructor(
    private readonly peer: RTCPeerConnection,
    private readonly options: WhipOptions,
  ) {}

  /** Resolves when media can flow; throws {@link Problem} otherwise, with nothing left open. */
  static async connect(options: WhipOptions, signal: AbortSignal): Promise<WhipSession> {
    const peer = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: "max-bundle" });
    const session = new WhipSession(peer, options);
    const abort = () => session.leave();
    signal.addEventListener("abort", abort);
    try {
      await session.offer();
      await session.post();
      await session.connected();
    } catch (error) {
      session.abandon();
      throw error instanceof Problem ? error : new Problem(0, "whip_failed", String(error));
    } finally {
      signal.removeEventListener("abort", abort);
    }
    if (session.closed) throw Problem.offline();
    session.watch();
    return session;
  }

  /** From now on the picture takes at most so many kilobits per second. */
  limit(kbps: number): void {
    for (const sender of this.peer.getSenders()) {
      if (sender.track?.kind === "video") void shape(sender, sender.track, kbps);
    }
  }

  dropPicture(): void {
    for (const sender of this.peer.getSenders()) {
      // A session that closes meanwhile sends nothing anyway.
      if (sender.track?.kind === "video") sender.replaceTrack(null).catch(() => undefined);
    }
  }

  /** Ends the session and tells the server, even while the page unloads. */
  leave(): void {
    this.abandon();
    this.release();
  }

  /** Ends the session on this side only: the next POST replaces it at the server. */
  abandon(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.stallTimer);
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }

  private mostBitrate(): number | undefined {
    const sender = this.peer.getSenders().find(({ track }) => track?.kind === "video");
    return sender?.getParameters().encodings?.[0]?.maxBitrate;
  }

  private release(): void {
    if (this.resource === null) return;
    const headers = { authorization: `Bearer ${this.options.token}` };
    // Best effort: the server also notices by itself.
    fetch(this.resource, { method: "DELETE", headers, keepalive: true }).catch(() => undefined);
    this.resource = null;
  }

  private async offer(): Promise<void> {
    const { stream } = this.options;
    for (const track of stream.getAudioTracks()) {
      this.peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    }
    for (const track of stream.getVideoTracks()) {
      const transceiver = this.peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
      preferVp8(transceiver);
      await shape(transceiver.sender, track, this.options.maxBitrate);
    }
    const offer = await this.peer.createOffer();
    try {
      await this.peer.setLocalDescription({ type: "offer", sdp: withAudioNack(offer.sdp ?? "") });
    } catch {
      // A browser that takes no changed offer works without audio repair.
      await this.peer.setLocalDescription(offer);
    }
    await gathered(this.peer);
  }

  private async post(): Promise<void> {
    let response: Response;
    try {
      response = await fetch(this.options.url, {
        method: "POST",
        headers: { authorization: `Bearer ${this.options.token}`, "content-type": "application/sdp" },
        body: this.peer.localDescription?.sdp ?? "",
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      });
    } catch {
      throw Problem.offline();
    }
    if (response.status !== 201) throw await problemOf(response);
    const location = response.headers.get("location");
    if (location !== null)
      this.resource = new URL(location, new URL(this.options.url, document.baseURI)).href;
    const sdp = await response.text();
    if (this.closed) {
      this.release();
      throw Problem.offline();
    }
    await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  private connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(
        () => reject(new Problem(0, "media_timeout", "no media connection")),
        CONNECT_TIMEOUT_MS,
      );
      const check = () => {
        const state = this.closed ? "closed" : this.peer.connectionState;
        if (state === "connected") resolve();
        else if (state === "failed" || state === "closed") reject(new Problem(0, "media_failed", state));
        else return;
        clearTimeout(timeout);
      };
      this.peer.onconnectionstatechange = check;
      check();
    });
  }

  /** Notices a loss by the connection's state, or earlier by the server's silence. */
  private watch(): void {
    const lost = () => {
      if (this.closed) return;
      clearInterval(this.stallTimer);
      this.peer.onconnectionstatechange = null;
      this.options.onLost();
    };
    this.peer.onconnectionstatechange = () => {
      if (["disconnected", "failed", "closed"].includes(this.peer.connectionState)) lost();
    };
    let received = -1;
    let grewAt = performance.now();
    let sampledAt = 0;
    this.stallTimer = setInterval(async () => {
      const stats = await this.peer.getStats();
      const bytes = bytesReceived(stats);
      const now = performance.now();
      if (now - sampledAt >= ENCODER_EVERY_MS) {
        sampledAt = now;
        const sample = encoderSample(stats, now, this.mostBitrate());
        if (sample !== null && !this.closed) this.options.onEncoder(sample);
      }
      // A browser without this figure is left to its connection state.
      if (bytes === null || bytes !== received || document.hidden) [received, grewAt] = [bytes ?? -1, now];
      else if (now - grewAt > STALLED_AFTER_MS) lost();
    }, STALL_CHECK_MS);
  }
}

function bytesReceived(stats: RTCStatsReport): number | null {
  for (const entry of stats.values()) {
    if (entry.type === "transport" && typeof entry.bytesReceived === "number") return entry.bytesReceived;
  }
  return null;
}

/** VP8 is the one video codec that every browser sends; the server takes no other. */
function preferVp8(transceiver: RTCRtpTransceiver): void {
  const vp8 = RTCRtpReceiver.getCapabilities?.("video")?.codecs.filter(
    (codec) => codec.mimeType.toLowerCase() === "video/vp8",
  );
  if (vp8 === undefined || vp8.length === 0) return;
  try {
    transceiver.setCodecPreferences(vp8);
  } catch {
    // The server picks VP8 out of the whole list.
  }
}

/** Sharp from the first second: fewer frames when the network is narrow, never fewer pixels. */
async function shape(sender: RTCRtpSender, track: MediaStreamTrack, most: number): Promise<void> {
  const { width = 1280, height = 720 } = track.getSettings();
  try {
    const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
    parameters.degradationPreference = "maintain-resolution";
    const limit = Math.min(most * 1000, maxBitrate(width, height));
    for (const encoding of parameters.encodings ?? []) encoding.maxBitrate = limit;
    await sender.setParameters(parameters);
  } catch {
    // Older browsers keep their own settings.
  }
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}
