//! Tokens and etags: what was handed out is read back, anything else is refused.

use proptest::prelude::*;
use rogatory_store::{FilterDigest, NegativePageSize, PageToken, TokenMismatch, etag, page_size, parse_etag};

#[test]
fn page_sizes_are_coerced() {
    let sizes = [
        (0, Ok(50)),
        (1, Ok(1)),
        (1000, Ok(1000)),
        (1001, Ok(1000)),
        (i32::MAX, Ok(1000)),
        (-1, Err(NegativePageSize)),
    ];
    for (asked, given) in sizes {
        assert_eq!(page_size(asked), given);
    }
}

#[test]
fn a_token_is_good_for_its_list_and_filter_only() {
    let filter = FilterDigest::of("/rogatory.intake.v1.RequestService/ListRequests", &["RECEIVED", ""]);
    let token = PageToken::after("req_1").encode(filter);
    assert_eq!(PageToken::decode(&token, filter), Ok(Some(PageToken::after("req_1"))));
    for (method, parts) in [
        ("/rogatory.intake.v1.RequestService/ListRequests", ["", "RECEIVED"]),
        ("/rogatory.intake.v1.RequestService/ListRequests", ["RECEIVED", "x"]),
        ("/rogatory.intake.v1.EnquiryService/ListEnquiries", ["RECEIVED", ""]),
    ] {
        assert_eq!(PageToken::decode(&token, FilterDigest::of(method, &parts)), Err(TokenMismatch));
    }
    assert_eq!(PageToken::decode("", filter), Ok(None));
    assert_ne!(FilterDigest::of("m", &["ab", "c"]), FilterDigest::of("m", &["a", "bc"]));
}

proptest! {
    #[test]
    fn a_token_reads_back(key in ".{0,80}", filter in ".{0,20}") {
        let filter = FilterDigest::of("m", &[&filter]);
        let token = PageToken::after(&key).encode(filter);
        prop_assert_eq!(PageToken::decode(&token, filter), Ok(Some(PageToken::after(key))));
    }

    #[test]
    fn a_token_that_was_changed_is_refused(place in 0..40_usize, other in "[A-Za-z0-9_-]") {
        let filter = FilterDigest::of("m", &[]);
        let token = PageToken::after("req_0190").encode(filter);
        let place = place % token.len();
        let changed = format!("{}{other}{}", &token[..place], &token[place + 1..]);
        prop_assume!(changed != token);
        prop_assert_eq!(PageToken::decode(&changed, filter), Err(TokenMismatch));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = PageToken::decode(&text, FilterDigest::of("m", &[]));
        let _ = parse_etag(&text);
    }

    #[test]
    fn an_etag_reads_back(version in any::<i64>()) {
        prop_assert_eq!(parse_etag(&etag(version)), Ok(version));
    }
}
