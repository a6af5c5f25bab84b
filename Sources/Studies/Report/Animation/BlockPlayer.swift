/// The script that unpacks the frames of a page and plays them on a canvas. It needs nothing but the page.
enum BlockPlayer {
  /// `unpackFrames(data)`: what `BlockFrames` packed, as arrays.
  static let unpacking = #"""
    function unpackFrames(data) {
      "use strict";
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const numbers = (text) => {
        const source = bytes(text);
        let at = 0;
        return () => {
          let n = 0, scale = 1, byte;
          do {
            byte = source[at++];
            n += (byte & 127) * scale;
            scale *= 128;
          } while (byte > 127);
          return n;
        };
      };
      const signed = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);
      const corner = numbers(data.corners);
      const first = [0];
      for (let b = 0; b < data.blocks; b++) first.push(first[b] + corner());
      const point = numbers(data.points), contact = numbers(data.contacts);
      const count = 2 * first[data.blocks];
      const frames = [];
      for (let f = 0; f < data.times.length; f++) {
        const points = new Int32Array(count), contacts = [];
        for (let i = 0; i < count; i++) {
          points[i] = (f ? frames[f - 1].points[i] : 0) + signed(point());
        }
        for (let n = contact(), c = 0; n > 0; n--) {
          const code = contact();
          c += Math.floor(code / 2);
          contacts.push({ corner: c, slides: code % 2 === 1 });
        }
        frames.push({ points, contacts });
      }
      const colours = data.colours.map((c) => bytes(c.values));
      return { first, frames, colours, fixed: bytes(data.fixed) };
    }
    """#

  /// The player: controls, keys, drawing.
  static let playing = #"""
    (() => {
      "use strict";
      const player = document.getElementById("player");
      const part = (name) => player.querySelector("." + name);
      const data = JSON.parse(document.getElementById("frames").textContent);
      const { first, frames, colours, fixed } = unpackFrames(data);
      const canvas = part("stage"), pen = canvas.getContext("2d");
      const slider = part("slider"), button = part("play"), clock = part("clock");
      const speed = part("speed"), colour = part("colour"), dots = part("dots");
      const last = frames.length - 1;
      let time = data.times[0], before = null, playing = false;
      let scheme = {}, scale = 1;

      // The frame at or before a time.
      const frameAt = (t) => {
        let low = 0, high = last;
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if (data.times[middle] <= t) low = middle; else high = middle - 1;
        }
        return low;
      };

      const readScheme = () => {
        const style = getComputedStyle(document.documentElement);
        for (const name of ["body", "edge", "card", "c1", "c2"]) {
          scheme[name] = style.getPropertyValue("--" + name).trim();
        }
      };

      const fit = () => {
        const width = canvas.clientWidth, dense = window.devicePixelRatio || 1;
        canvas.width = Math.round(width * dense);
        canvas.height = Math.round(width * dense * data.size[1] / data.size[0]);
        scale = canvas.width * data.quantum / data.size[0];
      };

      const draw = () => {
        const i = frameAt(time), j = Math.min(i + 1, last);
        const step = data.times[j] - data.times[i];
        // While it plays, corners go straight from one output time to the next.
        const share = step > 0 ? (time - data.times[i]) / step : 0;
        const a = frames[i].points, b = frames[j].points;
        const x = (c) => scale * (a[2 * c] + share * (b[2 * c] - a[2 * c]));
        const y = (c) => canvas.height - scale * (a[2 * c + 1] + share * (b[2 * c + 1] - a[2 * c + 1]));
        const values = colours[colour.value], blocks = data.blocks;
        const unit = canvas.width / canvas.clientWidth;
        pen.clearRect(0, 0, canvas.width, canvas.height);
        pen.lineWidth = unit * (blocks > 400 ? 0.5 : 1);
        pen.lineJoin = "round";
        pen.strokeStyle = scheme.edge;
        for (let k = 0; k < blocks; k++) {
          pen.beginPath();
          pen.moveTo(x(first[k]), y(first[k]));
          for (let c = first[k] + 1; c < first[k + 1]; c++) pen.lineTo(x(c), y(c));
          pen.closePath();
          const v = (1 - share) * values[i * blocks + k] + share * values[j * blocks + k];
          pen.fillStyle = fixed[k] ? scheme.body : data.palette[Math.round(v / 255 * 63)];
          pen.fill();
          pen.stroke();
        }
        if (dots.checked) {
          const radius = unit * data.radius;
          for (const { corner, slides } of frames[i].contacts) {
            pen.beginPath();
            pen.arc(x(corner), y(corner), radius, 0, 2 * Math.PI);
            pen.fillStyle = slides ? scheme.card : scheme.c1;
            pen.strokeStyle = slides ? scheme.c2 : scheme.card;
            pen.lineWidth = unit * (slides ? 1.5 : 0.8) * Math.min(1, data.radius / 4 + 0.3);
            pen.fill();
            pen.stroke();
          }
        }
        const text = time.toFixed(data.decimals) + " s";
        if (clock.textContent !== text) clock.textContent = text;
        slider.value = i;
        slider.setAttribute("aria-valuetext", text);
      };

      const show = () => {
        const c = data.colours[colour.value];
        part("top").textContent = c.label + " " + c.unit;
        draw();
      };

      const stop = () => {
        playing = false;
        before = null;
        button.textContent = "Play";
      };

      const tick = (now) => {
        if (!playing) return;
        // A page that was hidden goes on where it was.
        const passed = before === null ? 0 : Math.min(now - before, 100) / 1000;
        before = now;
        time = Math.min(time + passed * Number(speed.value), data.times[last]);
        if (time >= data.times[last]) stop();
        draw();
        if (playing) requestAnimationFrame(tick);
      };

      const toggle = () => {
        if (playing) {
          stop();
          return;
        }
        if (time >= data.times[last]) time = data.times[0];
        playing = true;
        button.textContent = "Pause";
        requestAnimationFrame(tick);
      };

      const go = (frame) => {
        stop();
        time = data.times[Math.max(0, Math.min(last, frame))];
        draw();
      };

      button.addEventListener("click", toggle);
      slider.addEventListener("input", () => go(Number(slider.value)));
      colour.addEventListener("change", show);
      dots.addEventListener("change", draw);
      canvas.addEventListener("click", toggle);
      canvas.addEventListener("keydown", (event) => {
        const i = frameAt(time);
        const keys = {
          " ": toggle, k: toggle, ArrowRight: () => go(i + 1), ArrowLeft: () => go(i - 1),
          Home: () => go(0), End: () => go(last),
        };
        if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        keys[event.key]();
      });
      window.addEventListener("resize", () => { fit(); draw(); });
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        readScheme();
        draw();
      });
      slider.max = last;
      player.hidden = false;
      readScheme();
      fit();
      show();
    })();
    """#
}
