# The image: one static binary and the certificates of authorities, for linux/amd64 and linux/arm64.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max --tag REGISTRY/jichitai-operator:VERSION --push .
#
# The builder runs on the machine's own architecture and cross-compiles: emulated, the AWS SDK takes hours.
# docs/en/image.md says how to build it in a closed network, and how to check that a build is reproducible.
ARG RUST=1.95
ARG DEBIAN=trixie

FROM --platform=$BUILDPLATFORM rust:${RUST}-${DEBIAN} AS build
ARG TARGETARCH
RUN apt-get update && \
    case "$TARGETARCH" in \
        amd64) packages="gcc-x86-64-linux-gnu libc6-dev-amd64-cross" ;; \
        arm64) packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;; \
        *) echo "no image for $TARGETARCH" >&2; exit 1 ;; \
    esac && \
    apt-get install --yes --no-install-recommends $packages && \
    rm -rf /var/lib/apt/lists/*
# Kernels for arm64 have pages of 4, 16 or 64 KiB: the allocator serves them all when it is built for the largest.
ENV CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CC_x86_64_unknown_linux_gnu=x86_64-linux-gnu-gcc \
    CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc \
    AARCH64_UNKNOWN_LINUX_GNU_JEMALLOC_SYS_WITH_LG_PAGE=16
WORKDIR /source
COPY . .
RUN case "$TARGETARCH" in amd64) target=x86_64-unknown-linux-gnu ;; arm64) target=aarch64-unknown-linux-gnu ;; esac && \
    rustup target add "$target" && \
    make binary PROFILE=release TARGET="$target" && \
    install -D "target/$target/release/jichitai" /image/jichitai && \
    install -D --mode=444 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt

FROM scratch
COPY --from=build /image/ /
ENV PATH=/
USER 65532:65532
ENTRYPOINT ["/jichitai"]
CMD ["run", "--config", "/etc/jichitai/config.yaml"]
