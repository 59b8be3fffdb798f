# The image of spillway-webhook; it holds `spillway` too. hack/image builds it.
#
# The first stage compiles, on the Debian that the programs are tested on; the second holds the
# programs, the libraries that they load, and nothing else: no shell, no package manager.
ARG BASE=debian:12

FROM ${BASE} AS build
WORKDIR /src
# Before the sources: installed once, and kept while only they change.
COPY hack/lib.sh hack/deps hack/
RUN hack/deps build && apt-get install --no-install-recommends --quiet --yes ca-certificates openssl
COPY . .
RUN hack/build && hack/image --root /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 8443 8081
ENTRYPOINT ["/usr/bin/spillway-webhook"]
