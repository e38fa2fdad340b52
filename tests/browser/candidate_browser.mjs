// Chromium as a candidate has it: a camera and a microphone that a page may use, and a profile of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

/**
 * `video` and `audio` are files that camera and microphone play; without them they give Chromium's own test picture and
 * beeps. `devices` is what the machine has: both, or 'refused' (they are there, but nobody may use them), or 'none'.
 */
export async function openBrowser({ video, audio, devices = 'both' } = {}) {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'viva-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    permissions: devices === 'refused' ? [] : ['camera', 'microphone'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--autoplay-policy=no-user-gesture-required',
      ...(devices === 'both' ? ['--use-fake-ui-for-media-stream'] : []),
      ...(devices === 'none' ? [] : ['--use-fake-device-for-media-stream']),
      ...(video ? [`--use-file-for-fake-video-capture=${video}`] : []),
      ...(audio ? [`--use-file-for-fake-audio-capture=${audio}`] : []),
    ],
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
