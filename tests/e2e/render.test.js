// The dashboard drawn with Grafana's own components in headless Chromium, from what Prometheus has
// of the scene. MLOCKSCOPE_PICTURE=FILE.png keeps the picture.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';

import UPNG from 'upng-js';

import { browse } from './lib/browser.js';
import { panelsOf, readDashboards } from './lib/dashboards.js';
import { stand } from './lib/stand.js';
import { serve } from './render/server.js';

const WIDTH = 1600; // pixels
const COLORS = 256; // a palette makes the file a third as large

/** Runs in the page: what can be seen of each panel, by its id. */
function describePanels(panels) {
  const WITH_TEXT = 'h2, [role=grid], [role=gridcell], [role=columnheader]';
  const textWidth = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return Math.floor(range.getBoundingClientRect().width);
  };
  const roomFor = (element) => {
    const { paddingLeft, paddingRight } = getComputedStyle(element);
    return element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  };
  // scrollWidth does not tell of what hangs out on the left.
  const isCutOff = (element) => element.scrollWidth > element.clientWidth
    || (element.matches('[role=gridcell]') && textWidth(element) > roomFor(element));
  return Object.fromEntries(panels.map((panel) => [panel.dataset.panel, {
    text: panel.innerText,
    title: panel.querySelector('h2')?.innerText,
    empty: panel.querySelector('.no-data') !== null,
    cutOff: [...panel.querySelectorAll(WITH_TEXT)].filter(isCutOff).map((cell) => cell.innerText),
  }]));
}

/** Waits until COUNT panels are drawn. */
async function allDrawn(page, count) {
  await page.waitForFunction((n) => document.querySelectorAll('[data-panel]').length === n, count);
  // Grafana draws what is in view, and plots a frame after it has measured.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: WIDTH, height });
  await page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }));
}

/** What is wrong with the look of a panel. A cell of a table may have no value. */
function flaws({ type, title, fieldConfig: { defaults: { noValue } } }, seen) {
  const nothing = seen.empty || (type !== 'table' && seen.text.includes(noValue));
  return [
    ...(seen.title === title ? [] : ['its title is not there']),
    ...(nothing || seen.text.includes('No data') ? ['it shows no data'] : []),
    ...(/\bNaN\b|undefined|Invalid/.test(seen.text) ? ['it shows what is no number'] : []),
    ...seen.cutOff.map((text) => `cut off: ${text.slice(0, 40)}`),
  ].map((flaw) => `${title}: ${flaw}`);
}

/** RANGE cut so that it ends between two labels of the time axes: the last one would be cut off. */
const betweenLabels = ({ from, to }) => ({ from, to: Math.floor(to / 5) * 5 - 1 });

async function keepPicture(page, file) {
  const picture = UPNG.decode(await page.screenshot());
  const { width, height } = picture;
  writeFileSync(file, Buffer.from(UPNG.encode(UPNG.toRGBA8(picture), width, height, COLORS)));
}

/** Draws DASHBOARD, into FILE as well if it is given: what is wrong with it, as a list. */
async function lookAt(dashboard, file) {
  const { prometheus, range } = await stand();
  const server = await serve({ dashboard, range: betweenLabels(range), scrape: 1 }, prometheus);
  const panels = panelsOf(dashboard);
  const look = async (page, complaints) => {
    await allDrawn(page, panels.length).catch((error) => {
      throw new Error(`the page is not complete: ${complaints.join('\n')}`, { cause: error });
    });
    if (file) await keepPicture(page, file);
    const seen = await page.$$eval('[data-panel]', describePanels);
    return [...complaints, ...panels.flatMap((panel) => flaws(panel, seen[panel.id]))];
  };
  try {
    return await browse(server.url, WIDTH, look);
  } finally {
    server.end();
  }
}

for (const { file, dashboard } of readDashboards()) {
  test(`${file}: every panel shows its title, and data`, async () => {
    assert.deepEqual(await lookAt(dashboard, process.env.MLOCKSCOPE_PICTURE), []);
  });

  test(`${file}: a panel without data would be seen`, async () => {
    const spoilt = structuredClone(dashboard);
    const firsts = panelsOf(spoilt)
      .filter(({ type }, i, all) => all.findIndex((panel) => panel.type === type) === i);
    for (const { targets } of firsts) {
      for (const target of targets) target.expr = 'mlockscope_no_such_metric';
    }
    const found = await lookAt(spoilt);
    for (const { title } of firsts) assert.ok(found.includes(`${title}: it shows no data`), title);
  });
}
