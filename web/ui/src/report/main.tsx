import "../style/base.css";
import "../style/controls.css";
import "./report.css";
import { render } from "preact";
import { App } from "./App";
import { reportSource } from "./source";

/** The page is /r/{interview_id}?access=SIGNED. */
const interview = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
const access = new URLSearchParams(location.search).get("access");
const root = document.getElementById("app");
if (root !== null) render(<App source={reportSource(interview, access)} />, root);
