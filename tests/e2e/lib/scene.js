// What happens while Prometheus watches: programs with secrets commit the mistakes, a step between
// one scrape and the next, so that counters move from scrape to scrape and exposures last from
// less than a second to the end.
import { run } from './child.js';
import { Puppet, expose, mend, testProgram } from './puppet.js';
import { mlockscope } from './tracer.js';

const STEPS = 40;

/** Each exposes a page every so many steps, mends it so many later, and locks often beside. */
const CAST = [
  { name: 'keystore', every: 2, later: 1, storm: 300 },
  { name: 'sessiond', every: 5, later: 4, storm: 120 },
  { name: 'vault', every: 9, later: STEPS, storm: 40 },
];
const STORM_PAGE = Puppet.PAGES - 1;

async function play({ puppet, every, later, storm }, step) {
  const page = (time) => Math.floor(time / every) % STORM_PAGE;
  const deeds = [`storm ${Math.round(storm * (1.5 + Math.sin(step / 4)))} ${STORM_PAGE}`];
  if (step % every === 0) deeds.push(...expose(page(step)));
  if (step >= later && (step - later) % every === 0) deeds.push(...mend(page(step - later)));
  await puppet.does(...deeds);
}

/** The names of the cases of `mlockscope demo`. */
async function demoCases() {
  const { stdout } = await run(mlockscope, 'demo', '--list');
  return stdout.trimEnd().split('\n').slice(1).map((line) => line.split(' ')[0]);
}

async function succeed(...command) {
  const { code, stdout, stderr } = await run(...command);
  if (code !== 0 || stdout.includes('skipped')) {
    throw new Error(`${command.join(' ')}: ${code} ${stdout}${stderr}`);
  }
}

/**
 * Plays the scene, a step between two scrapes of PROMETHEUS. The programs live on, some with open
 * exposures.
 */
export async function playScene(prometheus) {
  const cases = await demoCases();
  const cast = CAST.map((part) => ({ ...part, puppet: new Puppet(part.name) }));
  for (let step = 0; step < Math.max(STEPS, cases.length); ++step) {
    await prometheus.nextScrape();
    await Promise.all([
      ...cast.map((part) => play(part, step)),
      succeed(mlockscope, 'demo', cases[step % cases.length]),
      succeed(testProgram('faults'), step % 3 === 0 ? 'unlocked' : 'locked'),
    ]);
  }
}
