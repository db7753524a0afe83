//! jichitai-tests
