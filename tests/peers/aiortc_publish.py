"""Publishes a test picture and silence by WHIP with aiortc, and prints a JSON report.

    python aiortc_publish.py URL SECONDS [--codec VP8|H264] [--vanish]

--codec restricts the offered video codecs; --vanish exits without a word instead of sending DELETE.
"""

import argparse
import asyncio
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack


def request(method, url, body=None):
    """Returns status, Location and body; refusals are answers too."""
    call = urllib.request.Request(url, data=body, method=method, headers={"content-type": "application/sdp"})
    try:
        with urllib.request.urlopen(call) as response:
            return response.status, response.headers.get("location"), response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, None, error.read().decode()


async def publish(arguments):
    connection = RTCPeerConnection()
    connected = asyncio.Event()

    @connection.on("connectionstatechange")
    def changed():
        if connection.connectionState == "connected":
            connected.set()

    connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
    video = connection.addTransceiver(VideoStreamTrack(), direction="sendonly")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    video.setCodecPreferences([codec for codec in codecs if codec.mimeType == f"video/{arguments.codec}"])
    await connection.setLocalDescription(await connection.createOffer())

    offer = connection.localDescription.sdp.encode()
    status, location, answer = await asyncio.to_thread(request, "POST", arguments.url, offer)
    if status != 201:
        await connection.close()
        return {"status": status, "refusal": answer}
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    await asyncio.wait_for(connected.wait(), 15)
    await asyncio.sleep(arguments.seconds)
    report = {"status": status}
    if arguments.vanish:
        print(json.dumps(report), flush=True)
        os._exit(0)
    resource = urllib.parse.urljoin(arguments.url, location)
    report["deleted"], _, _ = await asyncio.to_thread(request, "DELETE", resource)
    await connection.close()
    return report


parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("seconds", type=float)
parser.add_argument("--codec", default="VP8")
parser.add_argument("--vanish", action="store_true")
json.dump(asyncio.run(publish(parser.parse_args())), sys.stdout)
