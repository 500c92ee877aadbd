// A recording: its waveform with what was labeled in it, and a player.

import WaveSurfer from 'wavesurfer.js';
import RegionsPlugin from 'wavesurfer.js/plugins/regions';
import { h } from '../../dom';
import { type IRead } from '../labels';
import { type IPane } from '../item/stage';

export default (content: Blob, { regions }: IRead, colorOf: (label: string) => string): IPane => {
  const wave = h('div', { class: 'wb-sound-wave' });
  const time = h('span', { class: 'wb-sound-time' });
  const play = h(
    'button',
    { class: 'wb-button', type: 'button', 'aria-label': 'Play or pause' },
    '▶'
  );
  const node = h(
    'div',
    { class: 'wb-sound' },
    wave,
    h('div', {}, play, time, h('kbd', {}, '.'), ' plays')
  );
  const style = getComputedStyle(document.body);
  const color = (name: string, fallback: string): string =>
    style.getPropertyValue(name) || fallback;
  const marks = RegionsPlugin.create();
  const player = WaveSurfer.create({
    container: wave,
    height: 140,
    waveColor: color('--jp-ui-font-color3', '#999'),
    progressColor: color('--jp-brand-color1', '#1976d2'),
    plugins: [marks]
  });
  const tell = (): void => {
    time.textContent = `${player.getCurrentTime().toFixed(1)} / ${player.getDuration().toFixed(1)} s`;
  };
  player.on('ready', () => {
    for (const { start, end, label } of regions) {
      if (start !== undefined) {
        marks.addRegion({
          start,
          end,
          content: h('span', {}, label),
          color: `${colorOf(label)}44`,
          drag: false,
          resize: false
        });
      }
    }
    node.dataset['ready'] = String(regions.length);
    tell();
  });
  player.on('timeupdate', tell);
  player.on('play', () => (play.textContent = '❚❚'));
  player.on('pause', () => (play.textContent = '▶'));
  player.on('error', () => (time.textContent = 'The browser cannot play this recording.'));
  play.addEventListener('click', () => void player.playPause());
  void player.loadBlob(content).catch(() => undefined); // told by 'error'
  return {
    node,
    onKey: key => {
      if (key === '.') {
        void player.playPause();
        return true;
      }
      return false;
    },
    dispose: () => player.destroy()
  };
};
