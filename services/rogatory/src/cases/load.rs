//! Finds the case files and reads them, naming everything that is wrong.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use rogatory_proto::rogatory::intake::v1::{Document, LegalRequest, legal_request::Outcome};

use super::{Authority, Burning, Case, Close, Correction, HeldFile, Observation, Paper, Production, file, message};

/// Why the cases cannot be read.
#[derive(Debug)]
pub struct LoadError {
    /// The directory or the file.
    pub path: PathBuf,
    /// What is wrong, and what to do about it.
    pub description: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.description)
    }
}

impl std::error::Error for LoadError {}

/// Reads every `*.toml` of `dir`, in the order of their names.
///
/// # Errors
/// The directory when it is not there or has no case, or the first file that is not a case, with the place in it.
pub fn load(dir: &Path) -> Result<Vec<Case>, LoadError> {
    let fault = |description: String| LoadError { path: dir.to_owned(), description };
    let entries = std::fs::read_dir(dir).map_err(|error| {
        fault(format!("{error}. The example cases are in tests/cases of the source tree; say where with --cases DIR"))
    })?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| fault(error.to_string()))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    if paths.is_empty() {
        return Err(fault("there is no case here: a case is a file that ends in .toml".to_owned()));
    }
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Case, LoadError> {
    let fault = |description: String| LoadError { path: path.to_owned(), description };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    parse(name, &text, path.parent().unwrap_or(Path::new("."))).map_err(fault)
}

fn parse(name: String, text: &str, dir: &Path) -> Result<Case, String> {
    let file: file::File = toml::from_str(text).map_err(|error| error.to_string())?;
    let agencies = file.agency.iter().enumerate().map(|(index, table)| {
        message::read("rogatory.verification.v1.Agency", table, &format!("agency[{index}]"))
            .map_err(|error| error.to_string())
    });
    Ok(Case {
        name,
        title: file.title,
        letter: file.letter.trim().to_owned(),
        agencies: agencies.collect::<Result<_, _>>()?,
        request: request(&file.request, "request")?,
        documents: papers(&file.document, "document", dir)?,
        correction: file.correction.map(|correction| correction_of(&correction, dir)).transpose()?,
        evidence: evidence(file.evidence)?,
        challenge: file.challenge,
        secondings: file.seconding,
        approvals: file.approval,
        production: file.production.map(production).transpose()?,
        authority: file.authority.map(authority).transpose()?,
        costs: file.costs,
        burning: file.compromise.map(burning).transpose()?,
        expect: file.expect,
    })
}

fn request(table: &toml::Table, path: &str) -> Result<LegalRequest, String> {
    if table.contains_key("documents") {
        return Err(format!(
            "{path}.documents: list the papers as [[document]]; their names are made when they arrive"
        ));
    }
    message::read("rogatory.intake.v1.LegalRequest", table, path).map_err(|error| error.to_string())
}

fn correction_of(file: &file::CorrectionFile, dir: &Path) -> Result<Correction, String> {
    let documents = papers(&file.document, "correction.document", dir)?;
    let mut fields: Vec<String> = file.request.keys().map(|key| snake(key)).collect();
    if !documents.is_empty() {
        fields.push("documents".to_owned());
    }
    Ok(Correction { request: request(&file.request, "correction.request")?, fields, documents })
}

/// The name of a field as an update mask has it, from its JSON name or from itself.
fn snake(key: &str) -> String {
    let mut name = String::new();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Documents with their content: `text` stands in the case, `file` beside it.
fn papers(tables: &[toml::Table], path: &str, dir: &Path) -> Result<Vec<Paper>, String> {
    let mut papers = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut table = table.clone();
        let content = match (table.remove("text"), table.remove("file")) {
            (Some(toml::Value::String(text)), None) => text.trim().as_bytes().to_vec(),
            (None, Some(toml::Value::String(file))) => {
                std::fs::read(dir.join(&file)).map_err(|error| format!("{path}.file: {file}: {error}"))?
            }
            _ => return Err(format!("{path}: needs its content, either as `text` or as `file`")),
        };
        let document: Document =
            message::read("rogatory.intake.v1.Document", &table, &path).map_err(|error| error.to_string())?;
        papers.push(Paper { document, content });
    }
    Ok(papers)
}

fn evidence(tables: Vec<toml::Table>) -> Result<Vec<Observation>, String> {
    let mut observations = Vec::new();
    for (index, mut table) in tables.into_iter().enumerate() {
        let path = format!("evidence[{index}]");
        let refused = match table.remove("refused") {
            None => None,
            Some(toml::Value::String(reason)) => Some(reason),
            Some(_) => return Err(format!("{path}.refused: must be the reason of the refusal, in quotes")),
        };
        let evidence =
            message::read("rogatory.verification.v1.Evidence", &table, &path).map_err(|error| error.to_string())?;
        observations.push(Observation { evidence, refused });
    }
    Ok(observations)
}

fn authority(mut table: toml::Table) -> Result<Authority, String> {
    let approvals = match table.remove("approval") {
        None => Vec::new(),
        Some(approvals) => approvals.try_into().map_err(|error| format!("authority.approval: {error}"))?,
    };
    let approval = message::read("rogatory.disclosure.v1.AuthorityApproval", &table, "authority");
    Ok(Authority { approval: approval.map_err(|error| error.to_string())?, approvals })
}

fn production(file: file::ProductionFile) -> Result<Production, String> {
    let close = match (file.close_outcome, file.close_reason) {
        (None, None) => None,
        (Some(outcome), Some(reason)) => Some(Close { outcome: outcome_of(&outcome)?, reason }),
        _ => return Err("production: close_outcome and close_reason belong together".to_owned()),
    };
    let mut files = Vec::new();
    for (index, entry) in file.file.into_iter().enumerate() {
        let seconds = |field: &str, time: toml::value::Datetime| {
            let time = chrono::DateTime::parse_from_rfc3339(&time.to_string());
            let fault = |error| format!("production.file[{index}].{field}: must be a time with its offset: {error}");
            time.map(|time| time.timestamp()).map_err(fault)
        };
        let first = entry.record_time.map(|time| seconds("record_time", time)).transpose()?;
        let last = entry.last_record_time.map(|time| seconds("last_record_time", time)).transpose()?;
        if last.is_some() && first.is_none_or(|first| last.is_some_and(|last| last < first)) {
            return Err(format!("production.file[{index}].last_record_time: must not be before record_time"));
        }
        files.push(HeldFile {
            file_name: entry.file_name,
            element: entry.element,
            target_id: entry.target_id,
            storage_country: entry.storage_country,
            record_times: first.map(|first| (first, last.unwrap_or(first))),
            content: entry.content.trim_start().to_owned(),
        });
    }
    Ok(Production { files, close })
}

fn outcome_of(word: &str) -> Result<Outcome, String> {
    let name = format!("OUTCOME_{}", word.to_ascii_uppercase().replace('-', "_"));
    Outcome::from_str_name(&name)
        .ok_or_else(|| format!("production.close_outcome: `{word}` is no outcome of a request"))
}

fn burning(file: file::CompromiseFile) -> Result<Burning, String> {
    let time = |field: &str, time: toml::value::Datetime| {
        message::timestamp(&time).map_err(|error| format!("compromise.{field}: {error}"))
    };
    Ok(Burning {
        mail_domain: file.mail_domain,
        from: time("from", file.from)?,
        until: file.until.map(|until| time("until", until)).transpose()?,
        reason: file.reason,
    })
}
