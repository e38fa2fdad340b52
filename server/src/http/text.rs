//! What people write in a request.

use viva_core::error::Kind;

use super::error::Problem;

/// The field `text` without the blanks around it.
///
/// # Errors
/// When nothing is left, or more than `most` characters.
pub fn written(text: &str, most: usize) -> Result<&str, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most {
        return Err(Problem::new(
            Kind::Invalid,
            "text_invalid",
            format!("text: write 1 to {most} characters"),
        ));
    }
    Ok(text)
}
