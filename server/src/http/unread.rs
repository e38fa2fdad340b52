//! What is left of a request's body once it is answered. A connection that closes while the client still sends is reset,
//! and the answer is lost with it: so the rest is read and dropped first, within bounds.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, HttpBody as _},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::sync::oneshot;

const MOST_BYTES: usize = 16 << 20;
const LONGEST: Duration = Duration::from_secs(10);

/// A layer for all routes.
pub async fn read_on(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (give_back, mut left) = oneshot::channel();
    let lent = |body: Body| Lent { body: Some(body.into_data_stream()), give_back: Some(give_back) };
    let mut response = next.run(request.map(|body| Body::from_stream(lent(body)))).await;
    let Ok(left) = left.try_recv() else { return response };
    if !is_over(left, MOST_BYTES, LONGEST).await {
        // A request sent after it would be lost with the connection.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads on; whether the end was reached.
async fn is_over(mut body: BodyDataStream, most: usize, longest: Duration) -> bool {
    let reading = async {
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            bytes += piece.map_or(most, |piece| piece.len());
            if bytes >= most {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(longest, reading).await.unwrap_or(false)
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Option<BodyDataStream>,
    give_back: Option<oneshot::Sender<BodyDataStream>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let piece = ready!(body.poll_next_unpin(context));
        if piece.is_none() {
            self.body = None;
        }
        Poll::Ready(piece)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(give_back)) = (self.body.take(), self.give_back.take()) {
            // Nobody wants it where the request was given up.
            let _ = give_back.send(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing::post};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// More than the buffers of both ends of a connection hold.
    const LARGE: usize = 15 << 20;

    async fn serve() -> SocketAddr {
        let refuse = || async { StatusCode::UNAUTHORIZED };
        let router = Router::new()
            .route("/limited", post(|_: Bytes| async {}).layer(DefaultBodyLimit::max(1024)))
            .route("/unread", post(refuse))
            .layer(middleware::from_fn(read_on));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Sends all of it before it reads, as many clients do; the answer's first line.
    async fn status(stream: &mut TcpStream, path: &str, bytes: usize) -> String {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {bytes}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![7; bytes]).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn who_still_sends_gets_the_answer_and_may_go_on() {
        let mut stream = TcpStream::connect(serve().await).await.unwrap();
        for (path, bytes, expected) in [
            ("/limited", LARGE, "413"),
            ("/unread", LARGE, "401"),
            ("/limited", 1000, "200"),
            ("/unread", 0, "401"),
        ] {
            let line = status(&mut stream, path, bytes).await;
            assert!(line.contains(expected), "{path}: {line}");
        }
    }

    #[tokio::test]
    async fn no_body_is_read_for_ever() {
        let endless = Body::from_stream(futures::stream::repeat_with(|| {
            Ok::<_, axum::Error>(Bytes::from_static(&[0; 64]))
        }));
        assert!(!is_over(endless.into_data_stream(), 1 << 20, LONGEST).await);
        let silent = Body::from_stream(futures::stream::pending::<Result<Bytes, axum::Error>>());
        assert!(!is_over(silent.into_data_stream(), 1 << 20, Duration::from_millis(20)).await);
        let short = Body::from(vec![0; 1000]);
        assert!(is_over(short.into_data_stream(), 1 << 20, LONGEST).await);
    }
}
