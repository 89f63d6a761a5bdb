# The dashboard and GraphiQL.
FROM node:20-slim AS web
WORKDIR /src
COPY web/package.json web/package-lock.json web/.npmrc* ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

# One static program.
FROM golang:1.26.8 AS build
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
ARG VERSION
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/dist web/dist
RUN go build -ldflags "-s -w ${VERSION:+-X main.version=$VERSION}" -o /pmo ./cmd/pmo && mkdir /data

# Nothing but the program, the certificates it trusts, and the time zones it knows.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build /pmo /pmo
COPY --from=build --chown=65532:65532 /data /data
ENV ZONEINFO=/zoneinfo.zip
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/pmo"]
CMD ["serve", "--data", "/data", "--addr", "0.0.0.0:8080"]
