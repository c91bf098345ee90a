//! A client of any RPC of the schema that speaks JSON, as grpcurl does.

use std::time::Duration;

use prost::{
    Message as _,
    bytes::{Buf as _, BufMut as _},
};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;
use tonic::{
    Request, Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Channel,
};
use tonic_types::StatusExt as _;

use crate::schema::{Method, method, methods};

/// A caller with its token.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
    token: Option<String>,
}

impl Client {
    /// A caller over `channel`; without a token it is nobody.
    #[must_use]
    pub fn new(channel: Channel, token: Option<String>) -> Self {
        Self { channel, token }
    }

    /// Calls a unary RPC, `/package.Service/Method`, with a JSON body and gives the JSON answer.
    ///
    /// # Errors
    /// The status of the call.
    ///
    /// # Panics
    /// When the schema has no such RPC or the body is not of its request's form: a fault of the test.
    pub async fn call(&self, path: &str, body: Value) -> Result<Value, Status> {
        let method = method(path);
        let request = message(&method.descriptor.input(), body);
        Ok(json(&self.unary(&method, request).await?))
    }

    /// Calls a server-streaming RPC and gives what came until it ended, or until `limit` messages were there.
    ///
    /// # Errors
    /// The status of the call.
    ///
    /// # Panics
    /// As [`Client::call`].
    pub async fn stream(&self, path: &str, body: Value, limit: usize) -> Result<Vec<Value>, Status> {
        let method = method(path);
        let request = self.request(message(&method.descriptor.input(), body));
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = DynamicCodec { answer: method.descriptor.output() };
        let mut stream = grpc.server_streaming(request, path_of(path), codec).await?.into_inner();
        let mut found = Vec::new();
        while found.len() < limit {
            let Some(answer) = stream.message().await? else { break };
            found.push(json(&answer));
        }
        Ok(found)
    }

    /// Calls a client-streaming RPC with JSON parts.
    ///
    /// # Errors
    /// The status of the call.
    ///
    /// # Panics
    /// As [`Client::call`].
    pub async fn upload(&self, path: &str, parts: Vec<Value>) -> Result<Value, Status> {
        let method = method(path);
        let input = method.descriptor.input();
        let parts: Vec<DynamicMessage> = parts.into_iter().map(|part| message(&input, part)).collect();
        let mut request = Request::new(tokio_stream::iter(parts));
        self.sign(request.metadata_mut());
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = DynamicCodec { answer: method.descriptor.output() };
        Ok(json(&grpc.client_streaming(request, path_of(path), codec).await?.into_inner()))
    }

    /// Calls an RPC that streams both ways with JSON messages, and gives what came until it ended, and how it ended.
    ///
    /// # Panics
    /// As [`Client::call`].
    pub async fn converse(&self, path: &str, messages: Vec<Value>) -> (Vec<Value>, Result<(), Status>) {
        let method = method(path);
        let input = method.descriptor.input();
        let messages: Vec<DynamicMessage> = messages.into_iter().map(|part| message(&input, part)).collect();
        let mut request = Request::new(tokio_stream::iter(messages));
        self.sign(request.metadata_mut());
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        if let Err(error) = grpc.ready().await {
            return (Vec::new(), Err(Status::unavailable(error.to_string())));
        }
        let codec = DynamicCodec { answer: method.descriptor.output() };
        let mut found = Vec::new();
        let mut stream = match grpc.streaming(request, path_of(path), codec).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return (found, Err(status)),
        };
        loop {
            match stream.message().await {
                Ok(Some(answer)) => found.push(json(&answer)),
                Ok(None) => return (found, Ok(())),
                Err(status) => return (found, Err(status)),
            }
        }
    }

    /// Calls any RPC with an empty message, to see whether the caller is let in.
    ///
    /// # Errors
    /// The status of the call.
    pub async fn knock(&self, method: &Method) -> Result<(), Status> {
        self.unary(method, DynamicMessage::new(method.descriptor.input())).await.map(|_| ())
    }

    /// Sends messages as they are, whatever they are, to an RPC of any kind, and gives the messages of the answer: at most
    /// three, and of a stream that stays open those that came at once.
    ///
    /// # Errors
    /// The status of the call.
    ///
    /// # Panics
    /// When `path` is none.
    pub async fn send(&self, path: &str, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Status> {
        let mut request = Request::new(tokio_stream::iter(messages));
        self.sign(request.metadata_mut());
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let streams = methods().iter().any(|method| method.path == path && method.descriptor.is_server_streaming());
        let patience = if streams { Duration::from_millis(250) } else { Duration::from_secs(20) };
        let mut stream = grpc.streaming(request, path_of(path), BytesCodec).await?.into_inner();
        let mut found = Vec::new();
        while found.len() < 3 {
            match tokio::time::timeout(patience, stream.message()).await {
                Ok(answer) => match answer? {
                    Some(message) => found.push(message),
                    None => break,
                },
                Err(_) if streams => break,
                Err(_) => return Err(Status::unknown("no answer")),
            }
        }
        Ok(found)
    }

    async fn unary(&self, method: &Method, body: DynamicMessage) -> Result<DynamicMessage, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = DynamicCodec { answer: method.descriptor.output() };
        Ok(grpc.unary(self.request(body), path_of(&method.path), codec).await?.into_inner())
    }

    fn request(&self, body: DynamicMessage) -> Request<DynamicMessage> {
        let mut request = Request::new(body);
        self.sign(request.metadata_mut());
        request
    }

    fn sign(&self, metadata: &mut tonic::metadata::MetadataMap) {
        if let Some(value) = self.token.as_ref().and_then(|token| format!("Bearer {token}").parse().ok()) {
            metadata.insert("authorization", value);
        }
    }
}

/// The reason of a failure, `FIELDS_INVALID`; empty where the status has no `ErrorInfo`.
#[must_use]
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The fields that a failure names, sorted.
#[must_use]
pub fn fields(status: &Status) -> Vec<String> {
    let mut fields: Vec<String> = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations.into_iter().map(|violation| violation.field).collect())
        .unwrap_or_default();
    fields.sort();
    fields
}

fn path_of(path: &str) -> PathAndQuery {
    path.parse().expect("a path of the schema")
}

fn message(descriptor: &MessageDescriptor, body: Value) -> DynamicMessage {
    DynamicMessage::deserialize(descriptor.clone(), body)
        .unwrap_or_else(|error| panic!("not a {}: {error}", descriptor.full_name()))
}

fn json(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    message.serialize_with_options(serde_json::value::Serializer, &options).expect("a message is JSON")
}

/// A JSON body as the message of an RPC, encoded.
///
/// # Panics
/// As [`Client::call`].
#[must_use]
pub fn encoded(path: &str, body: Value) -> Vec<u8> {
    message(&method(path).descriptor.input(), body).encode_to_vec()
}

#[derive(Debug, Clone, Copy)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for BytesCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

#[derive(Debug, Clone)]
struct DynamicCodec {
    answer: MessageDescriptor,
}

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = DynamicEncoder;
    type Decoder = Self;

    fn encoder(&mut self) -> DynamicEncoder {
        DynamicEncoder
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

#[derive(Debug)]
struct DynamicEncoder;

impl Encoder for DynamicEncoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.answer.clone(), buffer)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
