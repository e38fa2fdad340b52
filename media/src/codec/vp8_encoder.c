/* The little of libvpx's VP8 encoder that is used. The Rust side is vp8_encoder.rs; the two structures must match. */
#include <stdint.h>
#include <stdlib.h>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

struct viva_vp8 {
  vpx_codec_ctx_t codec;
  vpx_image_t image;
};

struct viva_vp8_picture {
  const uint8_t *planes[3];
  int32_t strides[3];
};

/* A fixed speed: by libvpx's own choice the same picture would give other bytes on a busy machine. */
enum { SPEED = -8, TICKS_PER_SECOND = 1000000 };

struct viva_vp8 *viva_vp8_open(uint32_t width, uint32_t height, uint32_t kilobits_per_second) {
  vpx_codec_enc_cfg_t config;
  struct viva_vp8 *vp8 = calloc(1, sizeof(*vp8));
  if (!vp8) return NULL;
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0) != VPX_CODEC_OK) goto failed;
  config.g_w = width;
  config.g_h = height;
  config.g_threads = 1;
  config.g_timebase.num = 1;
  config.g_timebase.den = TICKS_PER_SECOND;
  config.g_lag_in_frames = 0;
  config.rc_end_usage = VPX_VBR;
  config.rc_target_bitrate = kilobits_per_second;
  config.kf_mode = VPX_KF_DISABLED;
  if (vpx_codec_enc_init(&vp8->codec, vpx_codec_vp8_cx(), &config, 0) != VPX_CODEC_OK) goto failed;
  vpx_codec_control(&vp8->codec, VP8E_SET_CPUUSED, SPEED);
  vp8->image.fmt = VPX_IMG_FMT_I420;
  vp8->image.w = vp8->image.d_w = width;
  vp8->image.h = vp8->image.d_h = height;
  vp8->image.x_chroma_shift = vp8->image.y_chroma_shift = 1;
  vp8->image.bps = 12;
  return vp8;
failed:
  free(vp8);
  return NULL;
}

void viva_vp8_close(struct viva_vp8 *vp8) {
  vpx_codec_destroy(&vp8->codec);
  free(vp8);
}

/* Encodes one picture of the encoder's size. The bytes at `data` stay valid until the next call with the same encoder.
 * Returns their number, 0 where the encoder left the picture out, -1 where it failed. */
int64_t viva_vp8_encode(struct viva_vp8 *vp8, const struct viva_vp8_picture *picture, int64_t at_us,
                        uint32_t duration_us, int32_t key, const uint8_t **data) {
  vpx_codec_iter_t next = NULL;
  const vpx_codec_cx_pkt_t *packet;

  for (int plane = 0; plane < 3; plane++) {
    vp8->image.planes[plane] = (uint8_t *)picture->planes[plane];
    vp8->image.stride[plane] = picture->strides[plane];
  }
  if (vpx_codec_encode(&vp8->codec, &vp8->image, at_us, duration_us, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME) !=
      VPX_CODEC_OK) {
    return -1;
  }
  while ((packet = vpx_codec_get_cx_data(&vp8->codec, &next))) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    *data = packet->data.frame.buf;
    return (int64_t)packet->data.frame.sz;
  }
  return 0;
}
