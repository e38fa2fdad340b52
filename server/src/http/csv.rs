//! Tables as CSV (RFC 4180).

use std::fmt::Write as _;

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};

/// Rows of cells, the header first.
pub type Table = Vec<Vec<String>>;

pub fn cell(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Padded to the header's width. A cell that a spreadsheet would take for a formula gets an apostrophe.
pub fn csv(rows: &Table) -> Response {
    let width = rows.first().map_or(0, Vec::len);
    let mut text = String::new();
    for row in rows {
        for at in 0..width {
            let value = row.get(at).map_or("", String::as_str);
            let is_number = value.parse::<f64>().is_ok();
            let formula = !is_number && value.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let value = if formula { format!("'{value}") } else { value.to_owned() };
            let separator = if at + 1 < width { "," } else { "\r\n" };
            let quoted = value.contains([',', '"', '\r', '\n']);
            let value = if quoted { format!("\"{}\"", value.replace('"', "\"\"")) } else { value };
            // Writing to a string cannot fail.
            let _ = write!(text, "{value}{separator}");
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statistics.csv\""),
    ];
    (headers, text).into_response()
}
