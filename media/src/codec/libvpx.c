/* The little of libvpx's decoder that is used, in C so that the layout of its structures and its ABI version come
 * from the headers it was installed with. The Rust side is libvpx.rs; the two structures must match. */
#include <stdint.h>
#include <stdlib.h>

#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

struct viva_vpx {
  vpx_codec_ctx_t codec;
  vpx_codec_iface_t *interface;
  uint64_t max_pixels;
};

struct viva_vpx_picture {
  const uint8_t *planes[3];
  int32_t strides[3];
  uint32_t width;
  uint32_t height;
  uint32_t chroma_shift_x;
  uint32_t chroma_shift_y;
  uint32_t bit_depth;
};

enum viva_vpx_outcome { NO_PICTURE, PICTURE, CORRUPT, TOO_LARGE };

/* VP9 pictures may change size in the middle of a packet, where no header check sees it: memory for them is only
 * given up to the limit. Three bytes a pixel is 4:4:4; the rest is for borders around small pictures. */
static int get_buffer(void *context, size_t size, vpx_codec_frame_buffer_t *buffer) {
  const struct viva_vpx *vpx = context;
  if (size > vpx->max_pixels * 3 + (64u << 20)) return -1;
  buffer->data = calloc(size, 1);
  buffer->size = buffer->data ? size : 0;
  buffer->priv = NULL;
  return buffer->data ? 0 : -1;
}

static int release_buffer(void *context, vpx_codec_frame_buffer_t *buffer) {
  (void)context;
  free(buffer->data);
  buffer->data = NULL;
  buffer->size = 0;
  return 0;
}

void viva_vpx_close(struct viva_vpx *vpx) {
  vpx_codec_destroy(&vpx->codec);
  free(vpx);
}

struct viva_vpx *viva_vpx_open(int vp9, uint64_t max_pixels) {
  const vpx_codec_dec_cfg_t config = {.threads = 1};
  struct viva_vpx *vpx = calloc(1, sizeof(*vpx));
  if (!vpx) return NULL;
  vpx->interface = vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx();
  vpx->max_pixels = max_pixels;
  if (vpx_codec_dec_init(&vpx->codec, vpx->interface, &config, 0) != VPX_CODEC_OK) {
    free(vpx);
    return NULL;
  }
  if (vp9 && vpx_codec_set_frame_buffer_functions(&vpx->codec, get_buffer, release_buffer, vpx) != VPX_CODEC_OK) {
    viva_vpx_close(vpx);
    return NULL;
  }
  return vpx;
}

/* Decodes one packet. The picture's planes stay valid until the next call with the same decoder. */
int32_t viva_vpx_decode(struct viva_vpx *vpx, const uint8_t *data, uint32_t size, struct viva_vpx_picture *picture) {
  vpx_codec_stream_info_t info = {.sz = sizeof(info)};
  vpx_codec_iter_t next = NULL;
  const vpx_image_t *image;
  const vpx_image_t *shown = NULL;
  int corrupted = 0;

  if (vpx_codec_peek_stream_info(vpx->interface, data, size, &info) == VPX_CODEC_OK &&
      (uint64_t)info.w * info.h > vpx->max_pixels) {
    return TOO_LARGE;
  }
  if (vpx_codec_decode(&vpx->codec, data, size, NULL, 0) != VPX_CODEC_OK) return CORRUPT;
  while ((image = vpx_codec_get_frame(&vpx->codec, &next))) shown = image;
  if (!shown) return NO_PICTURE;
  /* Also set for a picture that refers to a damaged one. */
  if (vpx_codec_control(&vpx->codec, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK && corrupted) {
    return CORRUPT;
  }
  for (int plane = 0; plane < 3; plane++) {
    picture->planes[plane] = shown->planes[plane];
    picture->strides[plane] = shown->stride[plane];
  }
  picture->width = shown->d_w;
  picture->height = shown->d_h;
  picture->chroma_shift_x = shown->x_chroma_shift;
  picture->chroma_shift_y = shown->y_chroma_shift;
  picture->bit_depth = shown->fmt & VPX_IMG_FMT_HIGHBITDEPTH ? 16 : 8;
  return PICTURE;
}
