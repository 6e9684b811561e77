// Reads {records, filters} from standard input; writes for each filter the ids that Ghost's library chooses, or null
// where it refuses the filter.
const nql = require("@tryghost/nql");

const expansions = [
  ["tag", "tags.slug"],
  ["tags", "tags.slug"],
  ["author", "authors.slug"],
  ["authors", "authors.slug"],
  ["primary_tag", "primary_tag.slug"],
  ["primary_author", "primary_author.slug"],
].map(([key, replacement]) => ({ key, replacement }));

function chosen(filter, records) {
  try {
    const query = nql(filter, { expansions });
    return records.filter((record) => query.queryJSON(record)).map((record) => record.id);
  } catch {
    return null;
  }
}

const { records, filters } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(filters.map((filter) => chosen(filter, records))));
