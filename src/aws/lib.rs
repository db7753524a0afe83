//! jichitai-aws
