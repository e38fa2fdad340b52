// Answers WHIP inside the page: a second peer connection plays the server, so that offers, codecs and losses
// are real while the mock server stays a few lines of Node. `vivaDropMedia()` in the console simulates a loss.
{
  const realFetch = window.fetch.bind(window);
  const token = location.pathname.split("/").at(-1);
  let receiver = null;
  let allowed = true;
  const report = (connected) =>
    realFetch("/dev/connected", {
      method: "POST",
      keepalive: true,
      body: JSON.stringify({ token, connected }),
    });

  async function answer(sdp) {
    receiver?.close();
    const peer = new RTCPeerConnection();
    receiver = peer;
    window.vivaOffer = sdp;
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription(await peer.createAnswer());
    await new Promise((resolve) => {
      if (peer.iceGatheringState === "complete") resolve();
      peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
    });
    peer.onconnectionstatechange = () => peer.connectionState === "connected" && report(true);
    return peer.localDescription.sdp;
  }

  window.fetch = async (url, options = {}) => {
    const path = new URL(url, location.href).pathname;
    if (path === "/whip" && options.method === "POST") {
      if (!allowed) throw new TypeError("network");
      const sdp = await answer(options.body);
      return new Response(sdp, {
        status: 201,
        headers: { location: "/whip/loopback", "content-type": "application/sdp" },
      });
    }
    if (path === "/whip/loopback" && options.method === "DELETE") {
      report(false);
      return new Response(null, { status: 200 });
    }
    return realFetch(url, options);
  };

  window.vivaDropMedia = (milliseconds = 5000) => {
    allowed = false;
    receiver?.close();
    report(false);
    setTimeout(() => {
      allowed = true;
    }, milliseconds);
  };
}
