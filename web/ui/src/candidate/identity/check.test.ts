import { describe, expect, it } from "vitest";
import type { IdentityKind } from "../view";
import { faultOf } from "./check";

const fault = (kind: IdentityKind, value: string, required = true) =>
  faultOf({ id: "f", kind, label: "F", hint: null, required }, value);

describe("what people write about themselves", () => {
  it("checks a mainland number to its last character", () => {
    for (const good of ["11010519491231002X", "440524188001010014", " １１０１０５１９４９１２３１００２ｘ"])
      expect(fault("mainland_id", good)).toBeNull();
    expect(fault("mainland_id", "110105194912310021")).toBe("id_checksum");
    expect(fault("mainland_id", "110105194913310020")).toBe("id_birthday");
    expect(fault("mainland_id", "110105194902300020")).toBe("id_birthday");
    expect(fault("mainland_id", "1101051949123100")).toBe("id_shape");
  });

  it("takes names, numbers and addresses as people write them", () => {
    expect(fault("full_name", "李华")).toBeNull();
    expect(fault("full_name", "12-3")).toBe("no_name");
    expect(fault("phone", "+86 138-0013-8000")).toBeNull();
    expect(fault("phone", "call me")).toBe("no_phone");
    expect(fault("email", "li.hua@example.org")).toBeNull();
    for (const bad of [
      "li.hua",
      "li@localhost",
      "li hua@example.org",
      "a@b@example.org",
      "a@example..org",
      "@b.c",
    ])
      expect(fault("email", bad)).toBe("no_email");
  });

  it("asks for what is needed and no more", () => {
    expect(fault("text", "  ")).toBe("missing");
    expect(fault("text", "  ", false)).toBeNull();
    expect(fault("text", "字".repeat(2_001))).toBe("too_long");
  });
});
