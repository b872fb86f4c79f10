// Headless Chromium. It is told not to look for updates and the like, which would only time out on
// a machine without a network.
import { chromium } from 'playwright-core';

import { tool } from './tools.js';

const ARGUMENTS = [
  '--no-sandbox', // root has to have it so
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/**
 * Opens URL in a page WIDTH pixels wide and hands the page to LOOK, with a list to which goes what
 * the page complains about.
 */
export async function browse(url, width, look) {
  const browser = await chromium.launch({
    executablePath: tool('CHROMIUM', 'chromium', 'chromium-browser', 'chromium-headless-shell'),
    args: ARGUMENTS,
  });
  try {
    const page = await browser.newPage({ viewport: { width, height: 1000 } });
    const complaints = [];
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    await page.goto(String(url));
    return await look(page, complaints);
  } finally {
    await browser.close();
  }
}
