// Parses the AsyncAPI document on standard input; prints what is wrong with it and fails when that is an error.
const { Parser } = require("@asyncapi/parser");
const { readFileSync } = require("fs");

const WORSE_THAN_INFO = 1; // 0 error, 1 warning, 2 information, 3 hint

new Parser().parse(readFileSync(0, "utf8")).then(({ document, diagnostics }) => {
  const found = diagnostics.filter((one) => one.severity <= WORSE_THAN_INFO);
  for (const one of found) console.log(`${one.path.join(".")}: ${one.message} (${one.code})`);
  process.exit(document === undefined || found.length ? 1 : 0);
});
