// A chart that answers. It is redrawn from the numbers beside it, and shows the values where the
// pointer or the arrow keys stand.
class Chart {
  constructor(figure, group) {
    this.figure = figure;
    this.group = group;
    this.data = JSON.parse(figure.querySelector('script').textContent);
    this.svg = figure.querySelector('svg');
    this.caption = figure.querySelector('figcaption');
    const title = this.svg.querySelector('title');
    const described = this.svg.querySelector('desc');
    this.svg.setAttribute('aria-label', `${title.textContent}. ${described.textContent}. `
      + 'Arrow keys show values.');
    this.svg.setAttribute('tabindex', '0');
    this.tip = add(figure, null, 'div', { class: 'tip', role: 'status', hidden: '' });
    const enlarge = add(figure, null, 'button', {
      type: 'button', class: 'enlarge', 'aria-pressed': 'false',
      'aria-label': `enlarge ${this.data.title}`, title: 'enlarge',
    }, '⤢');
    enlarge.addEventListener('click', () => {
      const isLarge = figure.classList.toggle('large');
      enlarge.setAttribute('aria-pressed', String(isLarge));
      this.draw();
    });
    this.listen();
  }

  get isTimed() {
    return this.data.curves.some((curve) => curve.seconds);
  }

  // The curves that are shown, with places along x as the group wants them.
  visible() {
    const { hidden, x, range } = this.group.state;
    const isTime = x === 'time' && this.isTimed;
    return this.data.curves.filter((curve) => !hidden.has(curve.label)).map((curve) => {
      const places = isTime ? curve.seconds ?? [] : curve.x;
      const values = this.group.state.smoothing > 0
        ? smoothed(curve.y, this.group.state.smoothing) : curve.y;
      const points = [];
      curve.y.forEach((raw, n) => {
        const place = places[n];
        if (place === null || place === undefined) return;
        if (this.isLogX && place <= 0) return;
        if (range && (place < range[0] || place > range[1])) return;
        points.push({
          x: place, y: values[n], raw, spread: curve.spread?.[n] ?? 0, runs: curve.runs?.[n],
        });
      });
      return { label: curve.label, look: curve.look % looks, points };
    });
  }

  get isLogX() {
    return this.data.ratios || (this.group.state.x === 'log' && this.data.x === 'step');
  }

  draw() {
    const { svg, data } = this;
    const { smoothing, range } = this.group.state;
    const width = Math.max(240, Math.round(svg.getBoundingClientRect().width) || 460);
    const height = this.figure.classList.contains('large')
      ? Math.round(Math.min(520, Math.max(250, width * 0.4)))
      : Math.round(Math.max(210, width * 0.56));
    this.size = { width, height };
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.replaceChildren();
    const space = svg.namespaceURI;
    this.curves = this.visible();
    const values = this.curves.flatMap((curve) => curve.points.flatMap((point) => [
      point.y, ...(smoothing > 0 ? [point.raw] : []),
      ...(point.spread ? [point.y - point.spread, point.y + point.spread] : []),
    ])).filter(Number.isFinite);
    const [low, high] = bounds(values);
    const wish = this.group.state.y;
    const isLog = wish === 'log'
      || (wish === 'fitting' && data.scale === 'fitting' && low > 0 && high / low > 50);
    const positive = values.filter((value) => value > 0);
    this.yAxis = isLog && positive.length
      ? logarithmic(...bounds(positive))
      : linear(
        data.scale === 'linear' || (low > 0 && low < high / 3) || low === high
          ? Math.min(0, low) : low,
        low === high ? Math.max(0, high) : high);
    this.isLogY = isLog && positive.length > 0;
    const places = this.curves.flatMap((curve) => curve.points.map((point) => point.x));
    const [first, last] = range ?? bounds(places);
    this.xAxis = this.isLogX
      ? logarithmic(Math.max(first, Number.MIN_VALUE), last)
      : linear(range ? first : Math.min(0, first), range ? last : Math.max(1, last),
        this.isTime ? 0 : 1);
    this.caption.textContent = data.title + (this.isLogY ? ' (logarithmic)' : '');
    this.drawAxes(space);
    let left = 0;
    for (const curve of this.curves) left += this.drawCurve(space, curve);
    if (left > 0) this.caption.textContent += `, without ${left} values that are not above zero`;
    this.overlay = add(svg, space, 'g');
  }

  get isTime() {
    return this.group.state.x === 'time' && this.isTimed;
  }

  px(x) {
    return margin.left + this.xAxis.at(x) * (this.size.width - margin.left - margin.right);
  }

  py(y) {
    return margin.top
      + (1 - this.yAxis.at(y)) * (this.size.height - margin.top - margin.bottom);
  }

  drawAxes(space) {
    const { width, height } = this.size;
    for (const tick of this.yAxis.ticks) {
      const y = margin.top + (1 - tick.at) * (height - margin.top - margin.bottom);
      add(this.svg, space, 'path', {
        class: 'grid', d: `M${margin.left} ${y.toFixed(1)}H${width - margin.right}`,
      });
      add(this.svg, space, 'text', {
        class: 'axis', x: margin.left - 6, y: y + 4, 'text-anchor': 'end',
      }, tick.text);
    }
    const room = width - margin.left - margin.right;
    this.xAxis.ticks.forEach((tick, n, ticks) => {
      // Narrow charts have room for every other number.
      if (room / ticks.length < 42 && n % 2 === 1) return;
      add(this.svg, space, 'text', {
        class: 'axis', x: margin.left + tick.at * room, y: height - margin.bottom + 16,
        'text-anchor': 'middle',
      }, tick.text);
    });
    add(this.svg, space, 'text', {
      class: 'axis', x: width - margin.right, y: height - 4, 'text-anchor': 'end',
    }, this.isTime ? 'seconds' : this.data.x);
  }

  // Draws a curve and returns how many of its values a logarithmic axis has no place for.
  drawCurve(space, curve) {
    const points = curve.points.filter((point) => !this.isLogY || point.y > 0);
    const line = (list, value) => 'M' + list.map((point) =>
      `${this.px(point.x).toFixed(1)} ${this.py(value(point)).toFixed(1)}`).join('L');
    const style = `c${curve.look}`;
    const few = points.length <= 12;
    const spread = points.filter(
      (point) => point.spread > 0 && (!this.isLogY || point.y > point.spread)
        && Number.isFinite(point.y + point.spread) && Number.isFinite(point.y - point.spread));
    if (!few && spread.length > 1) {
      const lower = line([...spread].reverse(), (point) => point.y - point.spread).slice(1);
      add(this.svg, space, 'path', {
        class: `band ${style}`, d: `${line(spread, (point) => point.y + point.spread)}L${lower}Z`,
      });
    }
    if (this.group.state.smoothing > 0) {
      const raw = points.filter((point) => !this.isLogY || point.raw > 0);
      if (raw.length > 1) {
        add(this.svg, space, 'path', {
          class: `curve raw ${style}`, d: line(raw, (point) => point.raw),
        });
      }
    }
    if (points.length > 1) {
      add(this.svg, space, 'path', {
        class: `curve ${style}`, d: line(points, (point) => point.y),
      });
    }
    for (const point of few ? points : []) this.drawMark(this.svg, space, curve.look, point);
    for (const point of few ? spread : []) {
      const [x, top] = [this.px(point.x), this.py(point.y + point.spread)];
      add(this.svg, space, 'path', {
        class: `whisker ${style}`,
        d: `M${x.toFixed(1)} ${top.toFixed(1)}V${this.py(point.y - point.spread).toFixed(1)}`,
      });
    }
    return curve.points.length - points.length;
  }

  // The same marks as in the legend.
  drawMark(parent, space, look, point) {
    const [x, y] = [this.px(point.x).toFixed(1), this.py(point.y).toFixed(1)];
    const shape = shapes[(look + Math.floor(look / 8)) % shapes.length];
    if (shape) {
      add(parent, space, 'path', {
        class: `dot c${look}`, d: shape, transform: `translate(${x} ${y})`,
      });
    } else {
      add(parent, space, 'circle', { class: `dot c${look}`, cx: x, cy: y, r: 3.2 });
    }
  }

  listen() {
    const { svg, group } = this;
    const place = (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * this.size.width;
      const share = (x - margin.left) / (this.size.width - margin.left - margin.right);
      return this.xAxis.value(Math.min(1, Math.max(0, share)));
    };
    let begin = null;
    svg.addEventListener('pointermove', (event) => {
      group.show(this, place(event));
      if (begin !== null) this.drawRange(begin, place(event));
    });
    svg.addEventListener('pointerleave', () => {
      begin = null;
      group.show(null);
    });
    svg.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'mouse' && event.button === 0) begin = place(event);
    });
    svg.addEventListener('pointerup', (event) => {
      if (begin === null) return;
      const range = [begin, place(event)].sort((a, b) => a - b);
      begin = null;
      if (this.px(range[1]) - this.px(range[0]) > 8) group.zoom(range);
    });
    svg.addEventListener('dblclick', () => group.zoom(null));
    svg.addEventListener('blur', () => group.show(null));
    svg.addEventListener('keydown', (event) => {
      const places = [...new Set(
        this.curves.flatMap((curve) => curve.points.map((point) => point.x)))]
        .sort((a, b) => a - b);
      const now = places.findIndex((x) => x >= (this.shown ?? -Infinity));
      const last = places.length - 1;
      const next = {
        ArrowLeft: this.shown === null ? last : now - 1,
        ArrowRight: this.shown === null ? 0 : now + 1,
        PageUp: now - 10, PageDown: now + 10, Home: 0, End: last,
      }[event.key];
      if (event.key === 'Escape') return group.show(null);
      if (next === undefined || last < 0) return;
      event.preventDefault();
      group.show(this, places[Math.min(last, Math.max(0, next))]);
    });
    this.shown = null;
  }

  drawRange(from, to) {
    const [left, right] = [this.px(from), this.px(to)].sort((a, b) => a - b);
    add(this.overlay, this.svg.namespaceURI, 'rect', {
      class: 'area', x: left, y: margin.top, width: right - left,
      height: this.size.height - margin.top - margin.bottom,
    });
  }

  // Marks the values nearest to x on every curve; null for none. Returns them, highest first.
  mark(x) {
    this.overlay.replaceChildren();
    this.shown = x;
    if (x === null) return [];
    const space = this.svg.namespaceURI;
    const found = [];
    for (const curve of this.curves) {
      let [low, high] = [0, curve.points.length - 1];
      if (high < 0) continue;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (curve.points[middle].x < x) low = middle + 1; else high = middle;
      }
      const before = curve.points[low - 1];
      const point = before && x - before.x < Math.abs(curve.points[low].x - x)
        ? before : curve.points[low];
      // A curve that ends here or begins later has no value.
      if (Math.abs(this.px(point.x) - this.px(x)) > 24) continue;
      found.push({ curve, point });
    }
    const near = found.reduce((best, one) =>
      best && Math.abs(best.point.x - x) <= Math.abs(one.point.x - x) ? best : one, null);
    if (!near) return [];
    const line = this.px(near.point.x).toFixed(1);
    add(this.overlay, space, 'path', {
      class: 'cross', d: `M${line} ${margin.top}V${this.size.height - margin.bottom}`,
    });
    for (const one of found) {
      if (!this.isLogY || one.point.y > 0) {
        this.drawMark(this.overlay, space, one.curve.look, one.point);
      }
    }
    return found.sort((one, other) => other.point.y - one.point.y);
  }

  // Writes the values at x beside it.
  write(x, found) {
    const { tip, data } = this;
    tip.replaceChildren();
    tip.hidden = found.length === 0;
    if (tip.hidden) return;
    const value = (number) => data.unit ? `${number.toFixed(2)} ${data.unit}` : short(number);
    const place = found[0].point.x;
    const runs = Math.max(...found.map((one) => one.point.runs ?? 1));
    const table = add(tip, null, 'table');
    const head = add(add(table, null, 'thead'), null, 'tr');
    add(head, null, 'th', { scope: 'col', colspan: 2 },
      this.isTime ? clock(place) : `${data.x} ${short(Math.round(place), 9)}`);
    if (this.group.state.smoothing > 0) add(head, null, 'th', { scope: 'col' }, 'not smoothed');
    const body = add(table, null, 'tbody');
    for (const { curve, point } of found) {
      const row = add(body, null, 'tr');
      const name = add(row, null, 'th', { scope: 'row' });
      const key = this.group.keys.get(curve.label);
      if (key) name.append(key.cloneNode(true));
      name.append(curve.label);
      const spread = point.spread > 0 ? ` ± ${value(point.spread)}` : '';
      const own = point.runs ?? 1;
      const count = own < runs ? ` (${own} of ${runs} runs)` : '';
      add(row, null, 'td', {}, value(point.y) + spread + count);
      if (this.group.state.smoothing > 0) add(row, null, 'td', {}, value(point.raw));
    }
    const box = this.svg.getBoundingClientRect();
    const room = this.figure.clientWidth;
    const at = this.px(x) / this.size.width * box.width;
    const top = this.svg.offsetTop ?? 24;
    const isNarrow = room < 430;
    const left = at + 14 + tip.offsetWidth <= room ? at + 14 : at - 14 - tip.offsetWidth;
    tip.style.left = `${isNarrow ? 0 : Math.max(0, left)}px`;
    tip.style.top = `${isNarrow ? box.height + 26 : 40}px`;
  }
}
