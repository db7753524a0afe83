//! jichitai-e2e
