import { useEffect, useState } from "preact/hooks";
import { type Devices, listDevices } from "../../capture/devices";
import { watchLevel } from "../../capture/level";
import type { DeviceReport } from "../calls";
import { useInterview } from "../context";
import { isFull, Queue } from "../parts/full";
import { later } from "../parts/later";
import { SelfView } from "../parts/SelfView";
import { needsCamera } from "../screen";
import type { Accommodations, Uplink } from "../view";

const UPLINK_POLL_MS = 700;
const POOR_KBPS = 250;
const POOR_VOICE_KBPS = 16;
/** Above a quiet room, below a voice; see `meter`. */
const HEARD_LEVEL = 0.35;

const WayOut = later(() => import("../wayOut/WayOut").then((part) => part.WayOut));

export function Check() {
  const { view } = useInterview();
  return needsCamera(view) ? <DeviceCheck /> : <NothingToCheck />;
}

/** Who answers in writing needs neither camera nor microphone. */
function NothingToCheck() {
  const { messages, busy } = useInterview();
  const pass = usePass();
  const text = messages.check;
  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.notNeeded}</p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="check-continue"
          disabled={busy !== null}
          onClick={() => void pass({ camera: false, microphone: false, uplink: false })}
        >
          {messages.consent.continue}
        </button>
      </div>
    </>
  );
}

/** Tells the server what was found, and goes on. */
function usePass() {
  const { session, view } = useInterview();
  return async (found: Pick<DeviceReport, "camera" | "microphone" | "uplink"> & Partial<DeviceReport>) => {
    const user_agent = navigator.userAgent.slice(0, 300);
    const report = { uplink_kbps: null, width: null, height: null, user_agent, ...found };
    const passed =
      view.state === "checked" || (await session.act("checks", () => session.calls.checks(report)));
    if (passed) session.page.value = { ...session.page.value, checkPassed: true };
  };
}

function DeviceCheck() {
  const { session, view, messages, busy } = useInterview();
  const { media } = session;
  const text = messages.check;
  const [size, setSize] = useState<[number, number] | null>(null);
  const { level, heard } = useLevel(media.stream.value);
  const uplink = useUplink();
  const fault = media.fault.value;
  const link = media.link.value;
  const audioOnly = view.accommodations.audio_only;
  const arrives =
    uplink?.connected === true && (audioOnly || uplink.video.packets > 0) && uplink.audio.packets > 0;
  // No live connection comes through here: what is said goes up in pieces.
  const inPieces = view.transport === "chunks" && !arrives;
  const ready = (audioOnly || size !== null) && (arrives || inPieces) && fault === null;

  const pass = usePass();
  const finish = () =>
    pass({
      camera: size !== null,
      microphone: heard,
      uplink: arrives,
      uplink_kbps: uplink === null ? null : Math.round(uplink.kbps),
      width: size?.[0] ?? null,
      height: size?.[1] ?? null,
    });
  const instead = (wanted: Partial<Accommodations>) =>
    session.act("accommodations", () => session.calls.accommodations({ ...view.accommodations, ...wanted }));
  const isNarrow = uplink !== null && arrives && uplink.kbps < POOR_KBPS && !audioOnly;

  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      {fault !== null ? (
        <section class="card fault" role="alert" data-testid="device-fault" data-fault={fault}>
          <h2>{messages.faults[fault].title}</h2>
          <p>{messages.faults[fault].mend}</p>
          <div class="actions">
            <button
              type="button"
              class="primary"
              data-testid="device-retry"
              onClick={() => void media.retry()}
            >
              {messages.tryAgain}
            </button>
            {!audioOnly && (
              <button
                type="button"
                class="secondary"
                data-testid="voice-alone"
                onClick={() => void instead({ audio_only: true })}
              >
                {text.voiceAlone}
              </button>
            )}
            <button
              type="button"
              class="secondary"
              data-testid="write-instead"
              onClick={() => void instead({ typed_answers: true })}
            >
              {messages.help.typedAnswers}
            </button>
          </div>
          {fault !== "insecure" && <WayOut always={false} />}
        </section>
      ) : (
        <div class="check">
          {!audioOnly && (
            <div class="stage">
              <SelfView onSize={(width, height) => setSize([width, height])} />
            </div>
          )}
          <ul class="checks">
            {audioOnly ? (
              <CheckLine name={text.camera} good>
                {text.cameraOff}
              </CheckLine>
            ) : (
              <CheckLine name={text.camera} good={size !== null}>
                {size ? text.cameraOk(...size) : text.cameraWaiting}
              </CheckLine>
            )}
            <CheckLine name={text.microphone} good={heard}>
              {heard ? text.micOk : text.micSpeak}
              <meter class="level" min={0} max={1} value={level} aria-label={text.micLevel} />
            </CheckLine>
            <CheckLine name={text.connection} good={arrives || inPieces}>
              <span data-testid="uplink" data-kbps={uplink?.kbps ?? 0}>
                {connectionText()}
              </span>
              {isFull(link) && <Queue />}
              {isNarrow && (
                <button
                  type="button"
                  class="secondary"
                  data-testid="narrow-voice"
                  onClick={() => void instead({ audio_only: true })}
                >
                  {text.voiceAlone}
                </button>
              )}
              {link.phase === "refused" && !inPieces && (
                <button type="button" class="secondary" onClick={() => void media.retry()}>
                  {messages.tryAgain}
                </button>
              )}
            </CheckLine>
            <li class="pickers">
              <DevicePickers />
            </li>
          </ul>
        </div>
      )}
      <p class="hint">{audioOnly ? text.tipsVoice : text.tips}</p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="check-continue"
          disabled={!ready || busy !== null}
          aria-describedby="check-note"
          onClick={() => void finish()}
        >
          {text.continue}
        </button>
        {!ready && (
          <p class="hint" id="check-note">
            {text.notYet}
          </p>
        )}
      </div>
    </>
  );

  function connectionText(): string {
    if (inPieces) return text.connectionPieces;
    if (link.phase === "refused") {
      return (messages.errors as Record<string, string>)[link.code] ?? messages.errors.unknown;
    }
    if (isFull(link)) return messages.errors.ingest_full;
    if (link.phase !== "live") return text.connectionWaiting;
    if (!arrives || uplink === null) return text.connectionFlowing;
    const measured = text.connectionOk(Math.round(uplink.kbps));
    return uplink.kbps < (audioOnly ? POOR_VOICE_KBPS : POOR_KBPS)
      ? `${measured}. ${text.connectionPoor}`
      : measured;
  }
}

interface CheckLineProps {
  name: string;
  good: boolean;
  children: preact.ComponentChildren;
}

function CheckLine({ name, good, children }: CheckLineProps) {
  return (
    <li class={good ? "good" : "pending"}>
      <span class="tick" aria-hidden="true">
        {good ? "✓" : "…"}
      </span>
      <span class="check-body">
        <strong>{name}</strong>
        <span class="check-text">{children}</span>
      </span>
    </li>
  );
}

function useLevel(stream: MediaStream | null): { level: number; heard: boolean } {
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (stream === null) return;
    return watchLevel(stream, (now) => {
      setLevel(now);
      if (now > HEARD_LEVEL) setHeard(true);
    });
  }, [stream]);
  return { level, heard };
}

/** What the server really receives, asked for while the connection stands. */
function useUplink(): Uplink | null {
  const { session } = useInterview();
  const live = session.media.link.value.phase === "live";
  const [uplink, setUplink] = useState<Uplink | null>(null);
  useEffect(() => {
    setUplink(null);
    if (!live) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      const answer = await session.calls.uplink().catch(() => null);
      if (over) return;
      if (answer !== null) setUplink(answer);
      timer = setTimeout(ask, UPLINK_POLL_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [live]);
  return uplink;
}

function DevicePickers() {
  const { session, messages } = useInterview();
  const stream = session.media.stream.value;
  const [devices, setDevices] = useState<Devices>({ cameras: [], microphones: [] });
  useEffect(() => {
    const update = () => void listDevices().then(setDevices);
    update();
    navigator.mediaDevices?.addEventListener("devicechange", update);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", update);
  }, [stream]);
  const current = (track: MediaStreamTrack | undefined) => track?.getSettings().deviceId ?? "";
  const camera = current(stream?.getVideoTracks()[0]);
  const microphone = current(stream?.getAudioTracks()[0]);
  const choose = (chosen: { camera?: string; microphone?: string }) =>
    void session.media.retry({ camera, microphone, ...chosen });
  return (
    <>
      {devices.cameras.length > 1 && (
        <Picker
          label={messages.check.chooseCamera}
          devices={devices.cameras}
          value={camera}
          onChoose={(id) => choose({ camera: id })}
        />
      )}
      {devices.microphones.length > 1 && (
        <Picker
          label={messages.check.chooseMicrophone}
          devices={devices.microphones}
          value={microphone}
          onChoose={(id) => choose({ microphone: id })}
        />
      )}
    </>
  );
}

interface PickerProps {
  label: string;
  devices: MediaDeviceInfo[];
  value: string;
  onChoose: (id: string) => void;
}

function Picker({ label, devices, value, onChoose }: PickerProps) {
  return (
    <label class="picker">
      <span class="hint">{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {devices.map((device) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label}
          </option>
        ))}
      </select>
    </label>
  );
}
