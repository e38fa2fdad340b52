/** Whether what somebody writes about themselves can be true. The server checks the same again. */

import type { IdentityField, IdentityKind } from "../view";

export type IdentityFault =
  | "missing"
  | "too_long"
  | "no_name"
  | "no_phone"
  | "no_email"
  | "id_shape"
  | "id_birthday"
  | "id_checksum"
  | "unknown";

const MOST_CHARS = 200;
const MOST_TEXT_CHARS = 2_000;

export function faultOf(field: IdentityField, written: string): IdentityFault | null {
  const value = plain(written);
  if (value === "") return field.required ? "missing" : null;
  const most = field.kind === "text" ? MOST_TEXT_CHARS : MOST_CHARS;
  if ([...value].length > most) return "too_long";
  return CHECKS[field.kind](value);
}

const CHECKS: { [kind in IdentityKind]: (value: string) => IdentityFault | null } = {
  text: () => null,
  full_name: (value) => (/\p{L}/u.test(value) ? null : "no_name"),
  phone: (value) => (/^\+?\d{5,15}$/.test(value.replace(/[ \-().\u00a0]/g, "")) ? null : "no_phone"),
  email: (value) => (isEmail(value) ? null : "no_email"),
  mainland_id: (value) => mainlandFault(value.replaceAll(" ", "").toUpperCase()),
};

/** Full-width digits and letters as the plain ones that they stand for: Chinese keyboards write both. */
function plain(value: string): string {
  const narrow = (wide: string) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0);
  return value
    .replaceAll("\u3000", " ")
    .replace(/[\uff01-\uff5e]/g, narrow)
    .trim();
}

function isEmail(value: string): boolean {
  const at = value.lastIndexOf("@");
  const [local, domain] = [value.slice(0, Math.max(at, 0)), value.slice(at + 1)];
  const good = (part: string) => part !== "" && !/^\.|\.$|\.\./.test(part);
  return (
    good(local) && good(domain) && domain.includes(".") && !/[\s<>,;"]/.test(value) && !local.includes("@")
  );
}

/** GB 11643: region, birthday, order, and ISO 7064 MOD 11-2 over all of them. */
function mainlandFault(value: string): IdentityFault | null {
  if (!/^\d{17}[\dX]$/.test(value)) return "id_shape";
  const number = (from: number, to: number) => Number(value.slice(from, to));
  const [year, month, day] = [number(6, 10), number(10, 12), number(12, 14)];
  const birthday = new Date(Date.UTC(year, month - 1, day));
  const isDay = birthday.getUTCMonth() === month - 1 && birthday.getUTCDate() === day;
  if (!isDay || year < 1880) return "id_birthday";
  const sum = [...value].reduce((before, c) => (before * 2 + (c === "X" ? 10 : Number(c))) % 11, 0);
  return sum === 1 ? null : "id_checksum";
}
