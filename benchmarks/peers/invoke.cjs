// One cold invocation of CDK's own AwsCustomResource handler under Node: load it, hand it the event, and end.
const fs = require("fs");
const https = require("https");

const [handlerFile, eventFile] = process.argv.slice(2);
const event = JSON.parse(fs.readFileSync(eventFile, "utf8"));
// The handler answers on the port of HTTPS whatever the URL says: the agent's own default steers it to the local server.
https.globalAgent.defaultPort = Number(new URL(event.ResponseURL).port);

// Lambda does not wait for idle connections once the handler is done.
require(handlerFile)
  .handler(event, { logStreamName: "benchmark" })
  .then(() => process.exit());
