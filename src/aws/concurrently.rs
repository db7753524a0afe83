//! Several reads at once, but not too many: AWS counts requests per account and Region.

use futures::stream::{self, StreamExt};

/// Awaits all, at most `limit` at a time; the results keep their order.
pub(crate) async fn concurrently<T>(limit: usize, reads: Vec<impl Future<Output = T>>) -> Vec<T> {
    stream::iter(reads).buffered(limit).collect().await
}
