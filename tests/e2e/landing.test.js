// The exporter's landing page in a browser, and process names that try to do something to it.
// MLOCKSCOPE_LANDING_PICTURE=FILE.png keeps a picture.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { browse } from './lib/browser.js';
import { Puppet, expose } from './lib/puppet.js';
import { stand } from './lib/stand.js';

/** Fifteen bytes are kept of a name. */
const SCRIPT = '<script>alert(1';
const TERMINAL = '\u001b[31m"\\\n&lt;';
const CONTROL = /[\p{Cc}]/u;

const appear = () =>
  Promise.all([SCRIPT, TERMINAL].map((name) => new Puppet(name).does(...expose(0))));

test('the landing page lists findings, and has links that work', async () => {
  const { tracer } = await stand();
  await browse(new URL('/', tracer.url), 1000, async (page, complaints) => {
    assert.equal(await page.title(), 'mlockscope');
    const links = await page.$$eval('a', (all) => all.map(({ href }) => href));
    for (const path of ['/metrics', '/-/healthy', '/-/ready']) {
      const link = new URL(path, tracer.url).href;
      assert.ok(links.includes(link), `no link to ${path}`);
      assert.equal((await fetch(link)).status, 200, path);
    }
    const text = await page.innerText('body');
    for (const word of ['spill', 'high', 'keystore', 'munlock']) {
      assert.ok(text.includes(word), `${word} is not in: ${text}`);
    }
    assert.deepEqual(complaints, []);
  });
});

test('a hostile process name is shown and does nothing', async () => {
  const { tracer } = await stand();
  await appear();
  const landing = new URL('/', tracer.url);
  await browse(landing, 1000, async (page, complaints) => {
    await page.getByText(SCRIPT).waitFor({ timeout: 20_000 });
    assert.equal(await page.locator('script').count(), 0);
    assert.deepEqual(complaints, []);
    await page.screenshot({ path: process.env.MLOCKSCOPE_LANDING_PICTURE });
  });
  const source = await (await fetch(landing)).text();
  assert.doesNotMatch(source.replaceAll('\n', ''), CONTROL);
  assert.match(source, /\[31m/);
});

test('hostile process names reach Prometheus, without their control characters', async () => {
  const { prometheus } = await stand();
  await prometheus.nextScrape();
  const names = await prometheus.api('label/comm/values');
  assert.ok(names.includes(SCRIPT));
  assert.ok(names.some((name) => name.includes('[31m')));
  assert.deepEqual(names.filter((name) => CONTROL.test(name)), []);
});
