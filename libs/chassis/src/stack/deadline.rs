//! Owns the deadline: sets, caps and trims it, refuses what is hopeless, and answers DEADLINE_EXCEEDED when it passes.
//!
//! tonic on its own would say CANCELLED at the caller's own deadline. This layer trims that by the hop margin, so it
//! speaks first, and the caller hears the true reason while it still listens.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{access::Method, failure::Failure, settings::LimitSettings};

/// The deadline of a stream whose caller set none: none that it will ever meet.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// The deadline as later layers find it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(pub(crate) Instant);

#[derive(Debug, Clone)]
pub(crate) struct DeadlineLayer {
    pub(crate) limits: LimitSettings,
}

#[derive(Debug, Clone)]
pub(crate) struct Deadlines<S> {
    inner: S,
    limits: LimitSettings,
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadlines<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadlines { inner, limits: self.limits.clone() }
    }
}

impl<S, B> Service<Request<Body>> for Deadlines<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: Default,
{
    type Response = Response<TimedBody<B>>;
    type Error = Infallible;
    type Future = Timed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = request.extensions().get::<&'static Method>().copied();
        let streaming = method.is_some_and(|method| method.streams.any());
        let streams = method.is_some_and(|method| method.streams.server);
        let time = match time_allowed(request.headers(), streaming, &self.limits) {
            Ok(time) => time,
            Err(refused) => return Timed { inner: None, sleep: None, refused: Some(refused), streams },
        };
        let deadline = Instant::now() + time.unwrap_or(NEVER);
        request.extensions_mut().insert(Deadline(deadline));
        // The timer is made here but enters the runtime's wheel only when the handler has to wait for something.
        let sleep = time.map(|_| tokio::time::sleep_until(deadline.into()));
        Timed { inner: Some(self.inner.call(request)), sleep, refused: None, streams }
    }
}

/// How long the call may take; `None` for a stream without a deadline.
fn time_allowed(headers: &HeaderMap, streaming: bool, limits: &LimitSettings) -> Result<Option<Duration>, Failure> {
    let Some(value) = headers.get("grpc-timeout") else {
        return Ok((!streaming).then_some(limits.default_deadline));
    };
    let asked = parse(value.as_bytes()).ok_or_else(|| {
        Failure::field("grpc-timeout", "is not a timeout: at most 8 digits and one of H, M, S, m, u, n")
    })?;
    // A stream stays open as long as its caller says; a call holds a permit and is capped.
    let asked = if streaming { asked.min(NEVER) } else { asked.min(limits.max_deadline) };
    let trimmed = asked.saturating_sub(limits.hop_margin);
    if trimmed < limits.min_deadline { Err(Failure::Deadline) } else { Ok(Some(trimmed)) }
}

fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

pin_project! {
    pub(crate) struct Timed<F> {
        #[pin]
        inner: Option<F>,
        #[pin]
        sleep: Option<Sleep>,
        refused: Option<Failure>,
        streams: bool,
    }
}

impl<F, B> Future for Timed<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    B: Default,
{
    type Output = Result<Response<TimedBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(refused) = this.refused.take() {
            return Poll::Ready(Ok(refused.status().into_http()));
        }
        if let Some(inner) = this.inner.as_mut().as_pin_mut()
            && let Poll::Ready(answer) = inner.poll(cx)
        {
            // The body of a stream has the same deadline; that of a single answer is already there.
            let until = this.sleep.as_ref().as_pin_ref().map(|sleep| sleep.deadline()).filter(|_| *this.streams);
            let sleep = until.map(|until| Box::pin(tokio::time::sleep_until(until)));
            return Poll::Ready(
                answer.map(|response| response.map(|body| TimedBody { inner: body, sleep, late: false })),
            );
        }
        match this.sleep.as_mut().as_pin_mut() {
            Some(sleep) => ready!(sleep.poll(cx)),
            None => return Poll::Pending,
        }
        // Dropping the handler here rolls back whatever it had not committed.
        this.inner.set(None);
        Poll::Ready(Ok(Failure::Deadline.status().into_http()))
    }
}

pin_project! {
    /// A response body that ends with DEADLINE_EXCEEDED when its time is over.
    #[derive(Default)]
    pub(crate) struct TimedBody<B> {
        #[pin]
        inner: B,
        sleep: Option<Pin<Box<Sleep>>>,
        late: bool,
    }
}

impl<B: HttpBody> HttpBody for TimedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        if *this.late {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = this.inner.poll_frame(cx) {
            return Poll::Ready(frame);
        }
        match this.sleep {
            Some(sleep) => ready!(sleep.as_mut().poll(cx)),
            None => return Poll::Pending,
        }
        *this.late = true;
        let mut trailers = HeaderMap::new();
        // The status has no metadata, so that nothing can be wrong with its headers.
        let _ = Failure::Deadline.status().add_header(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.late || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use http::HeaderValue;

    use super::*;

    fn allowed(timeout: Option<&'static str>, streaming: bool) -> Result<Option<Duration>, String> {
        let mut headers = HeaderMap::new();
        if let Some(timeout) = timeout {
            headers.insert("grpc-timeout", HeaderValue::from_static(timeout));
        }
        time_allowed(&headers, streaming, &LimitSettings::default()).map_err(|f| format!("{:?}", f.reason()))
    }

    #[test]
    fn a_deadline_is_defaulted_trimmed_capped_or_refused() {
        assert_eq!(allowed(None, false), Ok(Some(Duration::from_secs(10))));
        assert_eq!(allowed(None, true), Ok(None));
        assert_eq!(allowed(Some("1S"), false), Ok(Some(Duration::from_millis(980))));
        assert_eq!(allowed(Some("9H"), false), Ok(Some(Duration::from_millis(59_980))));
        assert_eq!(allowed(Some("9H"), true), Ok(Some(Duration::from_millis(9 * 3_600_000 - 20))));
        assert_eq!(allowed(Some("60m"), false), Err("Deadline".to_owned()));
        assert_eq!(allowed(Some("99999999n"), false), Ok(Some(Duration::from_nanos(79_999_999))));
        for bad in ["", "S", "1", "1s", "123456789S", "-1S", "1.5S"] {
            assert_eq!(allowed(Some(bad), false), Err("FieldsInvalid".to_owned()), "{bad}");
        }
    }
}
