//! Layered settings: defaults, a TOML file, the environment, flags. A later layer wins; an unknown key in any of them is
//! refused by name.

use std::path::Path;

use toml::{Table, Value};

use crate::settings::Settings;

/// The layers over the defaults.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The TOML file, if one is given.
    pub file: Option<std::path::PathBuf>,
    /// Variables of the environment, as pairs; those without the prefix are not looked at.
    pub environment: Vec<(String, String)>,
    /// `key=value` flags: `server.listen=127.0.0.1:50051`.
    pub flags: Vec<String>,
}

/// The prefix of a service's environment variables: `ROGATORY_INTAKE__`.
#[must_use]
pub fn environment_prefix(service: &str) -> String {
    format!("ROGATORY_{}__", service.to_ascii_uppercase().replace('-', "_"))
}

/// Puts the layers together. `service` gives the environment's prefix.
///
/// # Errors
/// Every layer's fault, each naming the layer and the key.
pub fn load<S: Settings>(service: &str, layers: &Layers) -> Result<S, Vec<String>> {
    let mut faults = Vec::new();
    let mut table = Table::try_from(S::default()).map_err(|error| vec![format!("defaults: {error}")])?;

    if let Some(path) = &layers.file {
        match read_file::<S>(path) {
            Ok(file) => merge(&mut table, file),
            Err(fault) => faults.push(fault),
        }
    }
    let prefix = environment_prefix(service);
    let mut variables: Vec<_> = layers.environment.iter().filter(|(name, _)| name.starts_with(&prefix)).collect();
    variables.sort();
    for (name, text) in variables {
        let path = name[prefix.len()..].to_ascii_lowercase().replace("__", ".");
        assign::<S>(&mut table, name, &path, text, &mut faults);
    }
    for flag in &layers.flags {
        match flag.split_once('=') {
            Some((path, text)) => assign::<S>(&mut table, &format!("--set {path}"), path, text, &mut faults),
            None => faults.push(format!("--set {flag}: write it as key=value")),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    // Its text names the group in which something is missing, on a line of its own.
    table.try_into().map_err(|error: toml::de::Error| vec![error.to_string().trim_end().replace('\n', " ")])
}

fn read_file<S: Settings>(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    // The text of the line is not repeated: it may hold what should not be on a screen.
    let fault = |error: &toml::de::Error| {
        let line =
            error.span().and_then(|span| text.get(..span.start)).map_or(0, |before| before.matches('\n').count() + 1);
        format!("{}:{line}: {}", path.display(), error.message())
    };
    // As a whole first: this way a fault has its line, and the key that is unknown its name.
    toml::from_str::<S>(&text).map_err(|error| fault(&error))?;
    text.parse().map_err(|error| fault(&error))
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => merge(inner, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Sets one key. The text is read as a TOML value where the setting takes one, else as the string that it is, so that
/// nobody has to quote in an environment variable.
fn assign<S: Settings>(table: &mut Table, origin: &str, path: &str, text: &str, faults: &mut Vec<String>) {
    let typed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    let mut fault = String::new();
    for value in typed.into_iter().chain([Value::String(text.to_owned())]) {
        let mut changed = table.clone();
        if !set(&mut changed, path, value) {
            faults.push(format!("{origin}: `{path}` is not a setting"));
            return;
        }
        match changed.clone().try_into::<S>() {
            Ok(_) => {
                *table = changed;
                return;
            }
            // A group that is not complete yet (`server.tls.cert_file` without the key) may be completed by the next
            // variable; what is still missing at the end is found then.
            Err(error) if error.message().starts_with("missing field") => {
                *table = changed;
                return;
            }
            Err(error) if fault.is_empty() || error.message().starts_with("unknown field") => {
                fault = error.message().to_owned();
            }
            Err(_) => {}
        }
    }
    faults.push(format!("{origin}: {fault}"));
}

fn set(table: &mut Table, path: &str, value: Value) -> bool {
    match path.split_once('.') {
        None if path.is_empty() => false,
        None => {
            table.insert(path.to_owned(), value);
            true
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            inner.as_table_mut().is_some_and(|inner| set(inner, rest, value))
        }
    }
}
