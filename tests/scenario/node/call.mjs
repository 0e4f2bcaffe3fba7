// call.mjs ADDRESS SERVICE METHOD REQUEST_JSON [OPTIONS_JSON]: one gRPC call with grpc-js.
//
// Prints one JSON object: {code, details, responses, trailers}. Options: {ca, cert, key} (files),
// deadline_ms, cancel_after (responses).
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const here = path.dirname(fileURLToPath(import.meta.url));
const [address, service, method, request, options = "{}"] = process.argv.slice(2);
const { ca, cert, key, deadline_ms = 20000, cancel_after = 0 } = JSON.parse(options);

const services = loader.loadSync(["store.proto", "info.proto", "health.proto"], {
  includeDirs: [here], keepCase: true, longs: Number, bytes: String, enums: String, oneofs: false,
});
const read = (file) => (file ? fs.readFileSync(file) : null);
const credentials = ca
  ? grpc.credentials.createSsl(read(ca), read(key), read(cert))
  : grpc.credentials.createInsecure();
const Client = service.split(".").reduce((at, part) => at[part],
                                         grpc.loadPackageDefinition(services));
const client = new Client(address, credentials);
const responses = [];

function finish(status) {
  console.log(JSON.stringify({
    code: status.code, details: status.details, responses,
  }));
  client.close();
}

const deadline = { deadline: Date.now() + deadline_ms };
if (Client.service[method].responseStream) {
  const call = client[method](JSON.parse(request), deadline);
  call.on("data", (message) => {
    responses.push(message);
    if (responses.length === cancel_after) call.cancel();
  });
  call.on("error", () => {});
  call.on("status", finish);
} else {
  client[method](JSON.parse(request), deadline, (error, message) => {
    if (message) responses.push(message);
    finish(error ?? { code: 0, details: "" });
  });
}
