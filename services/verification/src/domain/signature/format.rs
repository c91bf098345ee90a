//! What a document is, by its content; never by its name or stated type.

use super::{super::message::Media, codes};

codes! {
    /// What a document is.
    Format {
        /// A PDF document.
        Pdf = "PDF", "a PDF document";
        /// CMS or PKCS#7 signed data, DER or PEM: `.p7m`, `.p7s`.
        Cms = "CMS", "signed data";
        /// A picture: JPEG, PNG, TIFF, GIF, BMP, WebP, JPEG 2000, HEIF. A scan.
        Image = "IMAGE", "a scan";
        /// A text in UTF-8.
        Text = "TEXT", "a text";
        /// Something else.
        Unknown = "UNKNOWN", "of an unknown format";
    }
}

/// What pictures begin with.
const IMAGES: [&[u8]; 8] = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0",
    b"MM\0*",
    b"GIF8",
    b"BM",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
];

impl Format {
    /// What these bytes are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match Media::of(bytes) {
            Media::Pdf => return Self::Pdf,
            Media::Pkcs7 => return Self::Cms,
            Media::Other => {}
        }
        // Before the pictures: a text may begin with `BM` or `GIF8`, but no picture is a text.
        if str::from_utf8(bytes).is_ok_and(|text| !text.trim().is_empty() && !text.chars().any(is_control)) {
            return Self::Text;
        }
        // RIFF and ISO media say what they hold at a fixed place.
        let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        let heif =
            bytes.get(4..8) == Some(b"ftyp") && matches!(bytes.get(8..12), Some(b"heic" | b"heix" | b"mif1" | b"avif"));
        let image = webp || heif || IMAGES.iter().any(|image| bytes.starts_with(image));
        if image { Self::Image } else { Self::Unknown }
    }
}

fn is_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}')
}
