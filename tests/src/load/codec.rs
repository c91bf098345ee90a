//! The codec of tonic's generated code, but for messages that are shared: nothing is copied before it is encoded. A
//! baseline that copied its answer would be slower than it need be, and flatter the service.

use std::{marker::PhantomData, sync::Arc};

use prost::Message;
use tonic::{
    Status,
    codec::{BufferSettings, Codec, EncodeBuf, Encoder},
};
use tonic_prost::ProstDecoder;

/// Encodes a shared `T`, decodes a `U`.
#[derive(Debug)]
pub struct SharedCodec<T, U>(PhantomData<(T, U)>);

/// Encodes a shared `T`.
#[derive(Debug)]
pub struct SharedEncoder<T>(PhantomData<T>);

impl<T, U> Default for SharedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for SharedCodec<T, U>
where
    T: Message + 'static,
    U: Message + Default + 'static,
{
    type Encode = Arc<T>;
    type Decode = U;
    type Encoder = SharedEncoder<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        SharedEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::default())
    }
}

impl<T: Message> Encoder for SharedEncoder<T> {
    type Item = Arc<T>;
    type Error = Status;

    fn encode(&mut self, item: Self::Item, buffer: &mut EncodeBuf<'_>) -> Result<(), Self::Error> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}
