//! A letter is written to the agency, from the request as it is now.

use rogatory_chassis::CallContext;
use rogatory_names::LetterId;

use crate::{
    app::docket::{Docket, Unfinished},
    domain::{letter::LetterKind, requirements::Requirements},
    store::{docket::Held, letters},
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    kind: LetterKind,
) -> Result<(), Unfinished> {
    docket
        .finish(context, held, async |tx, request, moment| {
            let rules = &docket.app.rules;
            let platform = request.particulars.platform.as_deref().unwrap_or_default();
            let title = rules.requirements(platform).map_or("guide", Requirements::title);
            let letter = rules.letters.write(kind, request, title, LetterId::new(), moment.now);
            letters::insert(tx, request.id, &letter).await?;
            Ok(request.letter_written(moment, &letter.id.name(), kind).into())
        })
        .await
}
