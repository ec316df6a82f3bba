# The app, and the service: docker run ... facial-emotions python -m fer_core serve (docs/serve.md). The app alone: docker build -t facial-emotions . && docker run --rm -p 8501:8501 facial-emotions
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
RUN useradd --create-home --uid 10001 app
WORKDIR /app

# Without what only training needs: TensorFlow and its company are two thirds of the installation.
COPY requirements-app.txt requirements-serve.txt ./
RUN pip install -r requirements-serve.txt

COPY streamlit_app.py ./
COPY .streamlit/config.toml .streamlit/
COPY fer_core fer_core
COPY pages pages
COPY models models

USER app
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.port=8501", "--server.headless=true"]
