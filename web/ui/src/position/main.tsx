import "../style/base.css";
import "../style/controls.css";
import "../report/report.css";
import "./position.css";
import { render } from "preact";
import { App } from "./App";
import { positionSource } from "./source";

/** The page is /p/{position_id}?access=SIGNED. */
const position = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
const access = new URLSearchParams(location.search).get("access");
const root = document.getElementById("app");
if (root !== null) render(<App source={positionSource(position, access)} />, root);
