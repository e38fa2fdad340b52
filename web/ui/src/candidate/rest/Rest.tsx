import { dateTime, zoneName } from "../../locales/locale";
import { useInterview } from "../context";

const en = {
  title: "A break",
  lead: "Take your time. No clock runs, your camera and microphone are off, and your answers so far are safe.",
  until: (when: string) => `You can go on until ${when}, here or by the same link on another device.`,
  goOn: "Go on",
};

const zh: typeof en = {
  title: "休息一下",
  lead: "不用着急。现在不计时，摄像头和麦克风已关闭，您之前的回答都已保存好。",
  until: (when) => `在 ${when} 之前都可以继续，在这里，或用同一链接在其他设备上。`,
  goOn: "继续面试",
};

/** Between two questions, with camera and microphone off. */
export function Rest() {
  const { session, view, messages } = useInterview();
  const text = messages.code === "zh" ? zh : en;
  const end = `${dateTime(view.expires_at, view.locale)} (${zoneName(view.expires_at, view.locale)})`;
  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      <p>{text.until(end)}</p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="rest-over"
          onClick={() => {
            session.page.value = { ...session.page.value, resting: false };
          }}
        >
          {text.goOn}
        </button>
      </div>
    </>
  );
}
