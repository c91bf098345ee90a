//! Server reflection that keeps custom options.
//!
//! The reflection service of tonic decodes the descriptors into `prost-types`, which drops extensions: `grpcurl describe`
//! would show neither who may call an RPC nor any other option. This one answers from the encoded files as they are.

use std::{collections::BTreeSet, pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _};
use prost_reflect::{DescriptorPool, FileDescriptor};
use tonic::{Request, Response, Status, Streaming};

/// What reflection answers from.
#[derive(Debug, Clone)]
pub(crate) struct Reflection {
    pool: DescriptorPool,
    mounted: Arc<[String]>,
}

/// An answer in neither version's words.
enum Answer {
    Files(Vec<Vec<u8>>),
    Services(Vec<String>),
    Extensions(String, Vec<i32>),
    NotFound(String),
}

impl Reflection {
    /// Over the suite's schema, listing the `mounted` services only.
    pub(crate) fn new(pool: DescriptorPool, mounted: impl IntoIterator<Item = String>) -> Self {
        Self { pool, mounted: mounted.into_iter().collect() }
    }

    fn file(&self, name: &str) -> Answer {
        self.pool.get_file_by_name(name).map_or_else(|| Answer::NotFound(name.to_owned()), |file| files(&file))
    }

    /// The file in which a service, method, message, field, enum, value or extension is declared.
    fn symbol(&self, name: &str) -> Answer {
        let found = self.declared(name).or_else(|| self.member(name));
        found.map_or_else(|| Answer::NotFound(name.to_owned()), |file| files(&file))
    }

    fn declared(&self, name: &str) -> Option<FileDescriptor> {
        let pool = &self.pool;
        (pool.get_service_by_name(name).map(|service| service.parent_file()))
            .or_else(|| pool.get_message_by_name(name).map(|message| message.parent_file()))
            .or_else(|| pool.get_enum_by_name(name).map(|found| found.parent_file()))
            .or_else(|| pool.get_extension_by_name(name).map(|extension| extension.parent_file()))
    }

    /// As above, for what is declared inside of a service, message or enum. A value of an enum is named as its sibling.
    fn member(&self, name: &str) -> Option<FileDescriptor> {
        let pool = &self.pool;
        let (parent, own) = name.rsplit_once('.')?;
        let of_service = || {
            let service = pool.get_service_by_name(parent)?;
            service.methods().any(|method| method.name() == own).then(|| service.parent_file())
        };
        let of_message = || {
            let message = pool.get_message_by_name(parent)?;
            let oneof = message.oneofs().any(|oneof| oneof.name() == own);
            (oneof || message.get_field_by_name(own).is_some()).then(|| message.parent_file())
        };
        let of_enum = || {
            let found = pool.all_enums().find(|found| found.values().any(|value| value.full_name() == name))?;
            Some(found.parent_file())
        };
        of_service().or_else(of_message).or_else(of_enum)
    }

    fn extension(&self, of: &str, number: i32) -> Answer {
        let number = u32::try_from(number).unwrap_or_default();
        let found = self.pool.get_message_by_name(of).and_then(|message| message.get_extension(number));
        found.map_or_else(|| Answer::NotFound(of.to_owned()), |extension| files(&extension.parent_file()))
    }

    fn extensions(&self, of: &str) -> Answer {
        match self.pool.get_message_by_name(of) {
            None => Answer::NotFound(of.to_owned()),
            Some(message) => {
                let numbers = message.extensions().filter_map(|extension| i32::try_from(extension.number()).ok());
                Answer::Extensions(of.to_owned(), numbers.collect())
            }
        }
    }
}

/// A file with everything that it imports, so that a client needs to ask once.
fn files(file: &FileDescriptor) -> Answer {
    let (mut seen, mut open, mut found) = (BTreeSet::new(), vec![file.clone()], Vec::new());
    while let Some(file) = open.pop() {
        if seen.insert(file.name().to_owned()) {
            found.push(file.encode_to_vec());
            open.extend(file.dependencies());
        }
    }
    Answer::Files(found)
}

macro_rules! serve {
    ($version:ident) => {
        mod $version {
            use tonic_reflection::pb::$version::{
                ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
                ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
                server_reflection_server::ServerReflection,
            };

            use super::*;

            #[tonic::async_trait]
            impl ServerReflection for Reflection {
                type ServerReflectionInfoStream =
                    Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

                async fn server_reflection_info(
                    &self,
                    request: Request<Streaming<ServerReflectionRequest>>,
                ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
                    let reflection = self.clone();
                    let answers = request.into_inner().map(move |asked| asked.map(|asked| answer(&reflection, asked)));
                    Ok(Response::new(Box::pin(answers)))
                }
            }

            fn answer(reflection: &Reflection, asked: ServerReflectionRequest) -> ServerReflectionResponse {
                let answer = match &asked.message_request {
                    Some(MessageRequest::FileByFilename(name)) => reflection.file(name),
                    Some(MessageRequest::FileContainingSymbol(name)) => reflection.symbol(name),
                    Some(MessageRequest::FileContainingExtension(extension)) => {
                        reflection.extension(&extension.containing_type, extension.extension_number)
                    }
                    Some(MessageRequest::AllExtensionNumbersOfType(name)) => reflection.extensions(name),
                    Some(MessageRequest::ListServices(_)) => Answer::Services(reflection.mounted.to_vec()),
                    None => Answer::NotFound(String::new()),
                };
                let answer = match answer {
                    Answer::Files(file_descriptor_proto) => {
                        MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto })
                    }
                    Answer::Services(names) => MessageResponse::ListServicesResponse(ListServiceResponse {
                        service: names.into_iter().map(|name| ServiceResponse { name }).collect(),
                    }),
                    Answer::Extensions(base_type_name, extension_number) => {
                        MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                            base_type_name,
                            extension_number,
                        })
                    }
                    Answer::NotFound(name) => MessageResponse::ErrorResponse(ErrorResponse {
                        error_code: tonic::Code::NotFound as i32,
                        error_message: format!("{name} was not found"),
                    }),
                };
                ServerReflectionResponse {
                    valid_host: asked.host.clone(),
                    original_request: Some(asked),
                    message_response: Some(answer),
                }
            }
        }
    };
}

serve!(v1);
serve!(v1alpha);
