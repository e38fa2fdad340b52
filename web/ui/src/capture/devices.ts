/** Camera and microphone, and why they may not come. */

export type DeviceFault =
  /** The browser gives no camera to a page without TLS. */
  | "insecure"
  /** The browser has no camera interface at all, as inside some apps. */
  | "unsupported"
  | "denied"
  | "none"
  | "busy"
  | "unknown";

export class DeviceError extends Error {
  constructor(readonly fault: DeviceFault) {
    super(fault);
  }
}

/** The fault that an error of `getUserMedia` stands for. */
export function faultOf(name: string): DeviceFault {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
      return "none";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    default:
      return "unknown";
  }
}

export interface Chosen {
  camera?: string;
  microphone?: string;
}

/** A stream with one camera and one microphone track. Throws {@link DeviceError}. */
export async function openDevices(width: number, height: number, chosen: Chosen = {}): Promise<MediaStream> {
  if (!window.isSecureContext) throw new DeviceError("insecure");
  if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError("unsupported");
  const video = {
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: 30, max: 30 },
    ...(chosen.camera ? { deviceId: { exact: chosen.camera } } : { facingMode: "user" }),
  };
  return opened({ video, audio: sound(chosen) }, { video: true, audio: true });
}

/** A stream with one microphone track and no picture. Throws {@link DeviceError}. */
export async function openMicrophone(chosen: Chosen = {}): Promise<MediaStream> {
  if (!window.isSecureContext) throw new DeviceError("insecure");
  if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError("unsupported");
  return opened({ audio: sound(chosen) }, { audio: true });
}

/**
 * Nothing plays while the candidate speaks, so there is no echo to cancel; and noise suppression harms speech
 * recognition more than the noise does.
 */
function sound(chosen: Chosen): MediaTrackConstraints {
  return {
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: true,
    ...(chosen.microphone ? { deviceId: { exact: chosen.microphone } } : {}),
  };
}

async function opened(wanted: MediaStreamConstraints, plain: MediaStreamConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "OverconstrainedError" || name === "TypeError") return plainDevices(plain);
    throw new DeviceError(faultOf(name));
  }
}

async function plainDevices(plain: MediaStreamConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia(plain);
  } catch (error) {
    throw new DeviceError(faultOf(error instanceof Error ? error.name : ""));
  }
}

export interface Devices {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
}

/** What is plugged in; names are known only after the permission was given. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const kind = (wanted: MediaDeviceKind) => all.filter((d) => d.kind === wanted && d.deviceId !== "");
  return { cameras: kind("videoinput"), microphones: kind("audioinput") };
}

export function closeDevices(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
