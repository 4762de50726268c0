import express from 'express';
import { readFile } from 'node:fs/promises';
import { nextTides } from './tides.js';
import { page } from './views/page.js';

const harbors = JSON.parse(await readFile(new URL('../public/harbors.json', import.meta.url)));
const app = express();

app.use(express.static('public', { maxAge: '1h' }));

app.get('/', (_request, response) => {
  response.send(page(harbors.map((harbor) => ({ ...harbor, tides: nextTides(harbor) }))));
});

app.get('/api/:harbor', (request, response) => {
  const harbor = harbors.find((one) => one.id === request.params.harbor);
  if (!harbor) return response.status(404).json({ error: 'There is no such harbor.' });
  response.json(nextTides(harbor));
});

const port = Number(process.env.PORT ?? 8080);
const server = app.listen(port, () => console.log(`listening on ${port}`));
process.on('SIGTERM', () => server.close());
