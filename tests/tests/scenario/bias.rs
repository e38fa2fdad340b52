//! `viva models bias`: how well different pictures are seen, by groups of a label file.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use viva_tests::{build_folder, run, shared, viva};

const EXPRESSIONS: [&str; 5] = ["neutral", "happy", "sad", "disgusted", "surprised"];

fn filtered(from: &Path, filter: &str, to: &Path) -> Result<()> {
    run(Command::new("ffmpeg").args(["-v", "error", "-y", "-i"]).arg(from).args(["-vf", filter]).arg(to))?;
    Ok(())
}

fn compared<'a>(found: &'a Value, measure: &str, column: &str) -> Result<&'a Value> {
    let all = found["comparisons"].as_array().context("no comparisons")?;
    let one = all.iter().find(|one| one["measure"] == measure && one["column"] == column);
    one.with_context(|| format!("no {measure} by {column}: {found}"))
}

#[test]
fn rates_by_group_and_their_gaps_are_told() -> Result<()> {
    let Some(shared) = shared() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("p"))?;
    let mut labels = String::from("file,face,smile,light,rare\n");
    for name in EXPRESSIONS {
        let picture = shared.join(format!("media/fa_{name}.jpg"));
        for (light, filter) in [("day", "null"), ("night", "lutrgb=r=val/10:g=val/10:b=val/10")] {
            let file = format!("p/{name}-{light}.png");
            filtered(&picture, filter, &folder.path().join(&file))?;
            let smile = if name == "happy" { "yes" } else { "no" };
            let rare = if name == "sad" && light == "day" { "one" } else { "others" };
            labels += &format!("{file},yes,{smile},{light},{rare}\n");
        }
    }
    filtered(&build_folder().join("media/portrait.png"), "null", &folder.path().join("p/portrait.png"))?;
    labels += "p/portrait.png,yes,yes,day,others\n";
    filtered(&shared.join("media/fa_sad.jpg"), "crop=60:60:0:0", &folder.path().join("p/wall.png"))?;
    labels += "p/wall.png,no,,day,others\n";
    fs::write(folder.path().join("labels.csv"), &labels)?;

    let bias = |more: &[&str]| viva(true).args(["models", "bias"]).arg(folder.path()).args(more).output();
    let output = bias(&["--least", "4", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(found["pictures"], 12);
    ensure!(found["models"].as_array().is_some_and(|models| models.len() == 2), "{}", found["models"]);

    // By day every face is found and read, every smile told and none invented.
    let day = |measure| -> Result<(Value, Value)> {
        let group = &compared(&found, measure, "light")?["groups"][0];
        assert_eq!(group["group"], "day");
        Ok((group["yes"].clone(), group["count"].clone()))
    };
    assert_eq!(day("face_found")?, (6.into(), 6.into()));
    assert_eq!(day("face_readable")?, (6.into(), 6.into()));
    assert_eq!(day("face_invented")?, (0.into(), 1.into()));
    assert_eq!(day("smile_found")?, (2.into(), 2.into()));
    assert_eq!(day("smile_invented")?, (0.into(), 4.into()));
    // At night nothing is read of what is found, and the gap says so.
    let faces = compared(&found, "face_found", "light")?;
    let readable = compared(&found, "face_readable", "light")?;
    let gap = if faces["groups"][1]["yes"].as_u64().unwrap_or_default() >= 4 { readable } else { faces };
    assert_eq!((&gap["gap"]["lowest"], &gap["gap"]["is_certain"]), (&"night".into(), &true.into()), "{gap}");
    // One picture says nothing.
    let rare = compared(&found, "face_found", "rare")?;
    assert_eq!((&rare["groups"][0]["group"], &rare["groups"][0]["rate"]), (&"one".into(), &Value::Null));
    assert_eq!(rare["gap"], Value::Null);

    let table = String::from_utf8(bias(&["--least", "4"])?.stdout)?;
    ensure!(table.contains("face_found by light") && table.contains("too few"), "{table}");
    for (wrong, complaint) in [
        ("picture\np/wall.png\n", "has no column `file`"),
        ("file,face\np/wall.png,perhaps\n", "is `perhaps`; write yes, no or nothing"),
        ("file\n../secret.png\n", "name one in the folder"),
        ("file\np/none.png\n", "p/none.png"),
    ] {
        fs::write(folder.path().join("wrong.csv"), wrong)?;
        let output = bias(&["--labels", "wrong.csv"])?;
        let told = String::from_utf8(output.stderr)?;
        ensure!(!output.status.success() && told.contains(complaint), "{wrong}: {told}");
    }
    Ok(())
}
