/** The page's one camera stream and its connection, as signals. */

import { signal } from "@preact/signals";
import type { EncoderSample } from "../capture/copy/strain";
import {
  type Chosen,
  closeDevices,
  DeviceError,
  type DeviceFault,
  openDevices,
  openMicrophone,
} from "../capture/devices";
import type { Link } from "../capture/link";
import { Publisher } from "../capture/publisher";
import { CARRIES, isTooSlow, watchUplink } from "../capture/uplink";
import type { DeviceFaultCause, Ingest } from "./view";

export class Media {
  readonly stream = signal<MediaStream | null>(null);
  readonly fault = signal<DeviceFault | null>(null);
  readonly link = signal<Link>({ phase: "off" });
  /** The network does not carry the picture. */
  readonly slow = signal(false);
  private uplink = CARRIES;
  private publisher: Publisher | null = null;
  private ingest: Ingest | null = null;
  private chosen: Chosen = {};
  private audioOnly = false;
  /** Devices that ended by themselves and are not back yet. */
  private readonly lost = new Set<DeviceFaultCause>();
  /** Counts openings, so that a late camera of an abandoned one is closed again. */
  private generation = 0;

  constructor(
    private readonly token: string,
    private readonly onEncoder: (sample: EncoderSample) => void,
    /** Camera or microphone failed by no doing of the candidate, or came back. */
    private readonly onDeviceFault: (cause: DeviceFaultCause, isOver: boolean) => void,
  ) {}

  /** A connection is wanted, and there is none. */
  get isUnconnected(): boolean {
    return ["connecting", "waiting", "refused"].includes(this.link.value.phase);
  }

  /** Opens camera and microphone and publishes them; does nothing when that is so already. */
  async on(ingest: Ingest): Promise<void> {
    if (this.ingest !== null) return;
    this.ingest = ingest;
    await this.open();
  }

  /** By voice alone from now on, or with a picture again. */
  async listenOnly(audioOnly: boolean): Promise<void> {
    if (this.audioOnly === audioOnly) return;
    this.audioOnly = audioOnly;
    const stream = this.stream.peek();
    if (audioOnly && stream !== null) this.dropPicture(stream);
    else await this.retry();
  }

  /** The sound goes on without a break. */
  private dropPicture(stream: MediaStream): void {
    for (const camera of stream.getVideoTracks()) camera.stop();
    const sound = new MediaStream(stream.getAudioTracks());
    this.stream.value = sound;
    this.publisher?.dropPicture(sound);
    [this.uplink, this.slow.value] = [CARRIES, false];
  }

  /** The server wants less of the picture, or may have more again. */
  limit(kbps: number): void {
    if (this.ingest !== null) this.ingest = { ...this.ingest, max_bitrate_kbps: kbps };
    this.publisher?.limit(kbps);
  }

  off(): void {
    this.generation++;
    this.ingest = null;
    this.publisher?.stop();
    this.publisher = null;
    closeDevices(this.stream.peek());
    this.stream.value = null;
    this.fault.value = null;
    [this.uplink, this.slow.value] = [CARRIES, false];
  }

  /** After a fault, or to use other devices. */
  async retry(chosen: Chosen = this.chosen): Promise<void> {
    this.chosen = chosen;
    const ingest = this.ingest;
    if (ingest === null) return;
    this.off();
    await this.on(ingest);
  }

  private async open(): Promise<void> {
    const { ingest } = this;
    if (ingest === null) return;
    const generation = ++this.generation;
    let stream: MediaStream;
    try {
      stream = await (this.audioOnly
        ? openMicrophone(this.chosen)
        : openDevices(ingest.width, ingest.height, this.chosen));
    } catch (error) {
      if (generation === this.generation) {
        this.fault.value = error instanceof DeviceError ? error.fault : "unknown";
      }
      return;
    }
    if (generation !== this.generation) return closeDevices(stream);
    for (const track of stream.getTracks()) {
      const isOurs = () => generation === this.generation;
      // Unplugged, or taken away by the system.
      track.addEventListener("ended", () => {
        if (!isOurs()) return;
        const cause = track.kind === "audio" ? "microphone_lost" : "camera_lost";
        this.lost.add(cause);
        this.onDeviceFault(cause, false);
        void this.retry();
      });
      if (track.kind !== "audio") continue;
      track.addEventListener("mute", () => isOurs() && this.onDeviceFault("microphone_muted", false));
      track.addEventListener("unmute", () => isOurs() && this.onDeviceFault("microphone_muted", true));
    }
    for (const cause of this.lost) this.onDeviceFault(cause, true);
    this.lost.clear();
    this.fault.value = null;
    this.stream.value = stream;
    this.publisher = new Publisher({
      url: ingest.whip_url,
      token: this.token,
      iceServers: ingest.ice_servers,
      maxBitrate: ingest.max_bitrate_kbps,
      onEncoder: (sample) => {
        this.uplink = watchUplink(this.uplink, sample);
        this.slow.value = isTooSlow(this.uplink);
        this.onEncoder(sample);
      },
      onLink: (link) => {
        if (generation === this.generation || link.phase === "off") this.link.value = link;
      },
    });
    this.publisher.start(stream);
  }
}
