import { useState } from "preact/hooks";
import { useSession } from "../context";

interface Code {
  /** Modules along one side, with the quiet zone. */
  size: number;
  path: string;
}

/** The same link as a QR code, for a phone that is at hand: it goes on where this device is. */
export function OtherDevice() {
  const text = useSession().messages.value.help;
  const [code, setCode] = useState<Code | null>(null);
  const open = (event: Event) => {
    // Drawn here and only when asked for: the link is the key to the interview.
    if ((event.currentTarget as HTMLDetailsElement).open && code === null) {
      void draw(location.href).then(setCode, () => undefined);
    }
  };
  return (
    <details class="other-device" data-testid="other-device" onToggle={open}>
      <summary>{text.other}</summary>
      <p class="hint">{text.otherText}</p>
      {code !== null && (
        <svg class="qr" viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={text.otherCode}>
          <rect width={code.size} height={code.size} fill="#fff" />
          <path d={code.path} fill="#000" />
        </svg>
      )}
    </details>
  );
}

async function draw(link: string): Promise<Code> {
  const { encode } = await import("uqr");
  const { size, data } = encode(link, { ecc: "M", border: 4 });
  const modules = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  return { size, path: modules.join("") };
}
