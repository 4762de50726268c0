const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false });

/** The start page: one table for each harbor. */
export function page(harbors) {
  const tables = harbors.map((harbor) => `<section><h2>${harbor.name}</h2>${table(harbor)}</section>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tides</title><link rel="stylesheet" href="/style.css"></head>
<body><h1>Tides</h1>${tables.join('\n')}</body>
</html>`;
}

function table(harbor) {
  const rows = harbor.tides.map(
    (tide) => `<tr class="${tide.kind}"><td>${time.format(new Date(tide.at))}</td><td>${tide.meters} m</td></tr>`,
  );
  return `<table>${rows.join('')}</table>`;
}
