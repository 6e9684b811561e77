// Reads {url, key, calls: [[resource, method, ...arguments]]} from standard input; writes for each call what Ghost's
// client returns: {value, meta, array} or {error}.
const GhostContentAPI = require("@tryghost/content-api");

async function call(api, [resource, method, ...given]) {
  try {
    const value = await api[resource][method](...given);
    return { value, meta: value.meta, array: Array.isArray(value) };
  } catch (error) {
    const { request, response, ...told } = error;
    return { error: { ...told, name: error.name, message: error.message } };
  }
}

async function main() {
  const { url, key, version = "v6.0", calls } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const api = new GhostContentAPI({ url, key, version });
  const answers = [];
  for (const one of calls) answers.push(await call(api, one));
  console.log(JSON.stringify(answers));
}

main();
