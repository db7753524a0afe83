//! jichitai
