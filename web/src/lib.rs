//! The built pages, embedded: four entry pages and their assets. Knows nothing of HTTP but what a file needs
//! to be served well.

/// One embedded file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    pub bytes: &'static [u8],
    /// Media type, as for `Content-Type`.
    pub content_type: &'static str,
    /// Strong entity tag with its quotes, as for `ETag` (RFC 9110 §8.8.3).
    pub etag: &'static str,
    /// Whether the name carries a hash of the content: it may then be cached for ever.
    pub immutable: bool,
}

/// An entry page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Served at `/i/{token}`.
    Candidate,
    /// Served at `/r/{interview_id}`.
    Report,
    /// Served at `/p/{position_id}`.
    Position,
    /// Served at `/demo/inbox`.
    Inbox,
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The asset at `path` (as in `assets/candidate-1a2b3c4d.js`, with or without a leading `/`); never a page.
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    find(path).filter(|asset| asset.immutable)
}

/// The HTML of an entry page.
///
/// # Panics
/// Never: the build fails when a page is missing.
pub fn page(page: Page) -> Asset {
    let name = match page {
        Page::Candidate => "candidate.html",
        Page::Report => "report.html",
        Page::Position => "position.html",
        Page::Inbox => "inbox.html",
    };
    find(name).unwrap_or_else(|| unreachable!("the build checks that {name} is there"))
}

fn find(name: &str) -> Option<Asset> {
    let index = FILES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some(FILES[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: [Page; 4] = [Page::Candidate, Page::Report, Page::Position, Page::Inbox];

    fn html(of: Page) -> &'static str {
        std::str::from_utf8(page(of).bytes).expect("pages are UTF-8")
    }

    /// The values of `src` and `href` in a page.
    fn links(html: &str) -> Vec<&str> {
        [" src=\"", " href=\""]
            .iter()
            .flat_map(|start| html.split(start).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect()
    }

    #[test]
    fn every_link_of_every_page_leads_to_an_asset() {
        for each in PAGES {
            let links = links(html(each));
            assert!(links.len() >= 3, "{each:?}: script, style and icon, not just {links:?}");
            for link in links {
                let found =
                    asset(link).unwrap_or_else(|| panic!("{each:?} links to {link}, which is not there"));
                assert!(found.immutable);
                assert_eq!(asset(&link[1..]), Some(found), "the leading slash must not matter");
            }
        }
    }

    #[test]
    fn a_strict_content_security_policy_breaks_no_page() {
        for each in PAGES {
            let html = html(each);
            assert!(!html.contains("<style"), "{each:?} has an inline style sheet");
            assert!(!html.contains("style=\""), "{each:?} has an inline style");
            assert!(!html.contains("://"), "{each:?} names another host");
            let inline_scripts =
                html.split("<script").skip(1).filter(|script| !script.contains(" src=\"/assets/"));
            assert_eq!(inline_scripts.count(), 0, "{each:?} has an inline script");
        }
    }

    #[test]
    fn pages_are_revalidated_and_are_no_assets() {
        for each in PAGES {
            let page = page(each);
            assert!(!page.immutable);
            assert_eq!(page.content_type, "text/html; charset=utf-8");
        }
        assert_eq!(asset("candidate.html"), None);
        assert_eq!(asset("/candidate.html"), None);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for path in
            ["", "/", "assets", "assets/", "assets/../candidate.html", "assets/none.js", "//assets/x.js"]
        {
            assert_eq!(asset(path), None, "{path}");
        }
    }

    #[test]
    fn entity_tags_tell_files_apart() {
        let mut tags: Vec<&str> = FILES.iter().map(|(_, asset)| asset.etag).collect();
        assert!(tags.iter().all(|tag| tag.len() == 34 && tag.starts_with('"') && tag.ends_with('"')));
        tags.sort_unstable();
        let all = tags.len();
        tags.dedup();
        assert_eq!(tags.len(), all);
    }
}
