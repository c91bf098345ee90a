//! A policy as a folder: the catalogue and one file for each pack, joined into the one text of a revision.

/// The text of a revision: the catalogue, then each pack under its key. Nothing in Cedar needs three apostrophes in a row; a
/// pack that has them is cut short by TOML and refused when the text is read.
#[must_use]
pub fn assemble<'a>(catalogue: &str, packs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = catalogue.trim_end().to_owned();
    text.push('\n');
    for (key, pack) in packs {
        text.push_str(&format!("\n[[pack]]\nkey = \"{key}\"\ntext = '''\n{}\n'''\n", pack.trim_end()));
    }
    text
}
